package org.diffusionnft.tensor;

/** Functions of two elements. Comparisons give 1 or 0. */
public enum BinaryOp {
  ADD,
  SUB,
  MUL,
  DIV,
  MAX,
  MIN,
  GREATER,
  GREATER_EQUAL,
  EQUAL
}
