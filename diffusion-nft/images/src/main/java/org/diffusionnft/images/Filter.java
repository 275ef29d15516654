package org.diffusionnft.images;

/** Filters for resizing, as defined by Pillow. */
public enum Filter {
  /** The triangle filter. */
  BILINEAR(1) {
    @Override
    double at(double distance) {
      return Math.max(0, 1 - Math.abs(distance));
    }
  },
  /** Keys' cubic with a = -0.5. */
  BICUBIC(2) {
    @Override
    double at(double distance) {
      double x = Math.abs(distance);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final double support;

  Filter(double support) {
    this.support = support;
  }

  abstract double at(double distance);

  /**
   * The weights along one axis: pixel {@code i} of the result is the sum of {@code weights[i][j]}
   * times pixel {@code first[i] + j} of the original. When shrinking, the filter is widened by the
   * same factor.
   */
  record Taps(int[] first, double[][] weights) {}

  /** Pillow's {@code precompute_coeffs} for a whole axis. */
  Taps taps(int in, int out) {
    double scale = (double) in / out;
    double stretch = Math.max(scale, 1);
    double reach = support * stretch;
    double inverse = 1 / stretch;
    int[] first = new int[out];
    double[][] weights = new double[out][];
    for (int i = 0; i < out; i++) {
      double center = (i + 0.5) * scale;
      first[i] = Math.max((int) (center - reach + 0.5), 0);
      int last = Math.min((int) (center + reach + 0.5), in);
      double[] row = new double[last - first[i]];
      double sum = 0;
      for (int j = 0; j < row.length; j++) {
        row[j] = at((j + first[i] - center + 0.5) * inverse);
        sum += row[j];
      }
      for (int j = 0; j < row.length && sum != 0; j++) {
        row[j] /= sum;
      }
      weights[i] = row;
    }
    return new Taps(first, weights);
  }
}
