package org.diffusionnft.conformance;

/**
 * The tolerance of a number.
 *
 * @param ulpsOfElement units in the last place (of an F32) of the number itself
 * @param ulpsOfLargest units in the last place of the largest number of its tensor: for the
 *     cancellation in sums of both signs
 * @param floor an absolute error that is always allowed
 */
public record Tolerance(double ulpsOfElement, double ulpsOfLargest, double floor) {
  private static final double ULP = 0x1p-23;

  /** Exactly equal numbers. */
  public static final Tolerance EXACT = new Tolerance(0, 0, 0);

  /**
   * For functions of single elements: relative to the element; subnormal numbers may be flushed to
   * zero.
   */
  public static Tolerance perElement(double ulps) {
    return new Tolerance(ulps, 0, Float.MIN_NORMAL);
  }

  /** For sums and products: relative to the largest element. */
  public static Tolerance perTensor(double ulps) {
    return new Tolerance(0, ulps, Float.MIN_NORMAL);
  }

  /** The allowed error of an element. */
  public double allowed(double expected, double largest) {
    return ULP * (ulpsOfElement * Math.abs(expected) + ulpsOfLargest * largest) + floor;
  }
}
