package org.diffusionnft.rewards.ocr;

import java.util.Arrays;

/**
 * Four corners.
 *
 * @param x from the left, in pixels
 * @param y from the top, in pixels
 */
@SuppressWarnings("ArrayRecordComponent") // four numbers each, never modified
public record Quad(double[] x, double[] y) {

  /** The corners in another order. */
  Quad ordered(int... order) {
    return new Quad(
        Arrays.stream(order).mapToDouble(i -> x[i]).toArray(),
        Arrays.stream(order).mapToDouble(i -> y[i]).toArray());
  }

  /** Distance between two corners. */
  double side(int a, int b) {
    return Math.hypot(x[a] - x[b], y[a] - y[b]);
  }

  /** The corners in order, x and y alternating. */
  public double[] flat() {
    double[] out = new double[2 * x.length];
    for (int i = 0; i < x.length; i++) {
      out[2 * i] = x[i];
      out[2 * i + 1] = y[i];
    }
    return out;
  }

  @Override
  public String toString() {
    return Arrays.toString(flat());
  }
}
