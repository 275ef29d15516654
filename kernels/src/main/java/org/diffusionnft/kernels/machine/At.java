package org.diffusionnft.kernels.machine;

/**
 * A memory operand.
 *
 * @param base the base register; not RSP or R12, which need a longer encoding
 * @param displacement in bytes
 */
public record At(Gp base, int displacement) {
  /** Checks the base register. */
  public At {
    if (base == Gp.RSP || base == Gp.R12) {
      throw new IllegalArgumentException(base + " cannot be the base of an address here");
    }
  }
}
