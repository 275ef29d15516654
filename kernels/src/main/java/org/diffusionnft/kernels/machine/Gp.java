package org.diffusionnft.kernels.machine;

/** A general-purpose register of x86-64; its ordinal is its number. */
public enum Gp {
  RAX,
  RCX,
  RDX,
  RBX,
  RSP,
  RBP,
  RSI,
  RDI,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15;

  int low() {
    return ordinal() & 7;
  }

  int high() {
    return ordinal() >> 3;
  }
}
