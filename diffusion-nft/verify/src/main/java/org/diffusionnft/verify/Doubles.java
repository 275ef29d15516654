package org.diffusionnft.verify;

/** Floats in double precision, for comparison. */
final class Doubles {
  private Doubles() {}

  /** The same numbers. */
  static double[] of(float[] x) {
    return times(x, 1);
  }

  /** The same numbers, times a factor. */
  static double[] times(float[] x, double factor) {
    double[] out = new double[x.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = factor * x[i];
    }
    return out;
  }
}
