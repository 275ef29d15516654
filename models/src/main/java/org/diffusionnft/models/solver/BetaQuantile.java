package org.diffusionnft.models.solver;

/**
 * Quantiles of the distribution Beta(0.6, 0.6). Up to 1/2 the CDF is a power of x times the
 * hypergeometric series of Abramowitz and Stegun, 26.5.4 and 15.1.1; the other half follows by
 * symmetry.
 */
final class BetaQuantile {
  private static final double A = 0.6;
  private static final double HALF = unscaled(0.5);

  private BetaQuantile() {}

  /**
   * The {@code p} quantile.
   *
   * @param p from 0 to 1
   */
  static double at(double p) {
    if (p > 0.5) {
      return 1 - at(1 - p);
    }
    double low = 0;
    double high = 0.5;
    for (double middle = 0.25; middle > low && middle < high; middle = (low + high) / 2) {
      if (unscaled(middle) / HALF / 2 < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return p == 0.5 ? 0.5 : low;
  }

  /** The CDF up to a constant factor, which follows from the value at 1/2. */
  private static double unscaled(double x) {
    double sum = 0;
    double term = 1 / A;
    for (int n = 1; sum + term != sum; n++) {
      sum += term;
      // the ratio of consecutive terms of x^n (1 - A)_n / (n! (A + n))
      term *= x * (n - A) / n * (A + n - 1) / (A + n);
    }
    return Math.pow(x, A) * sum;
  }
}
