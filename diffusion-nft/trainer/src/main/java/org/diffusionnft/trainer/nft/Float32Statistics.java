package org.diffusionnft.trainer.nft;

/**
 * Mean and standard deviation as NumPy computes them for a contiguous float32 array: every number
 * is rounded to float32, sums are in the order of NumPy's pairwise summation. Whether a group
 * counts as having zero variance depends on that rounding.
 */
final class Float32Statistics {
  private static final int BLOCK = 128;

  private Float32Statistics() {}

  static float mean(float[] x) {
    return sum(x, 0, x.length) / x.length;
  }

  /** Population standard deviation. */
  static float std(float[] x) {
    float mean = mean(x);
    float[] squares = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      float d = x[i] - mean;
      squares[i] = d * d;
    }
    return (float) Math.sqrt(mean(squares));
  }

  private static float sum(float[] x, int start, int count) {
    if (count < 8) {
      float sum = 0;
      for (int i = start; i < start + count; i++) {
        sum += x[i];
      }
      return sum;
    }
    if (count > BLOCK) {
      int half = count / 2 - count / 2 % 8;
      return sum(x, start, half) + sum(x, start + half, count - half);
    }
    float[] r = java.util.Arrays.copyOfRange(x, start, start + 8);
    int whole = count - count % 8;
    for (int i = 8; i < whole; i++) {
      r[i % 8] += x[start + i];
    }
    float sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (int i = whole; i < count; i++) {
      sum += x[start + i];
    }
    return sum;
  }
}
