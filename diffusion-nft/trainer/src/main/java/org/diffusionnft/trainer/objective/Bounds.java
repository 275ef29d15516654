package org.diffusionnft.trainer.objective;

/**
 * A range that numbers are clipped to.
 *
 * @param low the lower bound
 * @param high the upper bound
 */
public record Bounds(double low, double high) {
  /**
   * Checks the order.
   *
   * @throws IllegalArgumentException unless both are numbers and {@code low} is below {@code high}
   */
  public Bounds {
    if (!(low < high) || Double.isInfinite(low) || Double.isInfinite(high)) {
      throw new IllegalArgumentException("no range goes from " + low + " to " + high);
    }
  }

  /** From {@code -size} to {@code size}. */
  public static Bounds within(double size) {
    return new Bounds(-size, size);
  }

  /** From {@code 1 - size} to {@code 1 + size}: the clip range of a ratio of probabilities. */
  public static Bounds aroundOne(double size) {
    return new Bounds(1 - size, 1 + size);
  }

  /** The closest number within the range. */
  public double clip(double x) {
    return Math.clamp(x, low, high);
  }
}
