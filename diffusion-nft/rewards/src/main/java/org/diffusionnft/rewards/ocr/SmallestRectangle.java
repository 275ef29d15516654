package org.diffusionnft.rewards.ocr;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The rotated rectangle of minimum area around points: one of its sides lies on a side of their
 * convex hull.
 *
 * @param corners in PaddleOCR's order: top left, top right, bottom right, bottom left
 * @param shorter length of its shorter side
 */
record SmallestRectangle(Quad corners, double shorter) {

  /**
   * The rectangle around points.
   *
   * @param points x and y of each, at least one
   */
  static SmallestRectangle around(double[][] points) {
    double[][] hull = hull(points);
    int n = hull.length;
    if (n == 1) {
      double[] x = {hull[0][0], hull[0][0], hull[0][0], hull[0][0]};
      double[] y = {hull[0][1], hull[0][1], hull[0][1], hull[0][1]};
      return new SmallestRectangle(new Quad(x, y), 0);
    }
    double best = Double.POSITIVE_INFINITY;
    double[] frame = new double[6];
    for (int i = 0; i < n; i++) {
      double[] a = hull[i];
      double[] b = hull[(i + 1) % n];
      double length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      double ux = (b[0] - a[0]) / length;
      double uy = (b[1] - a[1]) / length;
      double[] s = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
      double[] t = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
      for (double[] p : hull) {
        double along = p[0] * ux + p[1] * uy;
        double across = -p[0] * uy + p[1] * ux;
        s[0] = Math.min(s[0], along);
        s[1] = Math.max(s[1], along);
        t[0] = Math.min(t[0], across);
        t[1] = Math.max(t[1], across);
      }
      double area = (s[1] - s[0]) * (t[1] - t[0]);
      if (area < best * (1 - 1e-9)) {
        best = area;
        frame = new double[] {ux, uy, s[0], s[1], t[0], t[1]};
      }
    }
    return of(frame);
  }

  private static SmallestRectangle of(double[] f) {
    double[] along = {f[2], f[3], f[3], f[2]};
    double[] across = {f[4], f[4], f[5], f[5]};
    double[] x = new double[4];
    double[] y = new double[4];
    for (int i = 0; i < 4; i++) {
      // OpenCV's corners are floats
      x[i] = (float) (along[i] * f[0] - across[i] * f[1]);
      y[i] = (float) (along[i] * f[1] + across[i] * f[0]);
    }
    Integer[] order = {0, 1, 2, 3};
    Arrays.sort(order, Comparator.comparingDouble(i -> x[i]));
    boolean left = y[order[1]] > y[order[0]];
    boolean right = y[order[3]] > y[order[2]];
    Quad corners =
        new Quad(x, y)
            .ordered(
                order[left ? 0 : 1],
                order[right ? 2 : 3],
                order[right ? 3 : 2],
                order[left ? 1 : 0]);
    return new SmallestRectangle(corners, Math.min(f[3] - f[2], f[5] - f[4]));
  }

  /** The convex hull, without points on its sides (Andrew's monotone chain, 1979). */
  private static double[][] hull(double[][] points) {
    double[][] sorted = points.clone();
    Arrays.sort(
        sorted, Comparator.<double[]>comparingDouble(p -> p[0]).thenComparingDouble(p -> p[1]));
    double[][] chain = new double[2 * sorted.length][];
    int size = 0;
    for (int pass = 0; pass < 2; pass++) {
      int start = size;
      for (int k = 0; k < sorted.length; k++) {
        double[] p = sorted[pass == 0 ? k : sorted.length - 1 - k];
        while (size >= start + 2 && turn(chain[size - 2], chain[size - 1], p) <= 0) {
          size--;
        }
        chain[size++] = p;
      }
      size--;
    }
    return size < 1 ? new double[][] {sorted[0]} : Arrays.copyOf(chain, size);
  }

  private static double turn(double[] a, double[] b, double[] c) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  }
}
