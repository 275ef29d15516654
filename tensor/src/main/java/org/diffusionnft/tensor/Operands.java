package org.diffusionnft.tensor;

import org.jspecify.annotations.Nullable;

/** Checks that every operation makes on its operands before calling a kernel. */
final class Operands {
  private Operands() {}

  /**
   * The device that holds all operands.
   *
   * @param others null where an operand is left out
   * @throws IllegalArgumentException if they are on different devices
   */
  static Device common(Tensor first, @Nullable Tensor... others) {
    for (Tensor other : others) {
      if (other != null && other.device() != first.device()) {
        throw new IllegalArgumentException(
            "operands are on two devices: "
                + first.device().name()
                + " and "
                + other.device().name());
      }
    }
    return first.device();
  }

  /**
   * Checks that two operands have the same shape.
   *
   * @throws IllegalArgumentException if they don't
   */
  static void requireSame(Tensor x, Tensor y) {
    if (!x.shape().equals(y.shape())) {
      throw new IllegalArgumentException(
          "operands need one shape, not " + x.shape() + " and " + y.shape());
    }
  }
}
