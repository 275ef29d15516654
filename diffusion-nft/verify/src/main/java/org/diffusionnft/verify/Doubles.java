package org.diffusionnft.verify;

/** Floats in double precision, as they are compared. */
final class Doubles {
  private Doubles() {}

  /** The same numbers. */
  static double[] of(float[] x) {
    return times(x, 1);
  }

  /** Times a factor. */
  static double[] times(float[] x, double factor) {
    double[] out = new double[x.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = factor * x[i];
    }
    return out;
  }
}
