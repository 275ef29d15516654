package org.diffusionnft.trainer.objective;

/**
 * A range that numbers are clipped to.
 *
 * @param low the smallest number that is kept
 * @param high the largest
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

  /** From {@code 1 - size} to {@code 1 + size}: what a ratio of probabilities is kept in. */
  public static Bounds aroundOne(double size) {
    return new Bounds(1 - size, 1 + size);
  }

  /** The number of the range that is closest. */
  public double clip(double x) {
    return Math.clamp(x, low, high);
  }
}
