package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.List;

/**
 * A convex polygon offset by a distance, with round corners, as in the Clipper library: corners are
 * integers, and arcs have enough points for an error of a quarter of a pixel.
 */
final class RoundedOutline {
  private static final double ARC_TOLERANCE = 0.25;

  private RoundedOutline() {}

  /** Points of the outline; its corners are truncated to integers first. */
  static double[][] around(Quad quad, double distance) {
    List<double[]> corners = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      double[] p = {(long) quad.x()[i], (long) quad.y()[i]};
      boolean again = !corners.isEmpty() && same(corners.getLast(), p);
      if (!again) {
        corners.add(p);
      }
    }
    while (corners.size() > 1 && same(corners.getFirst(), corners.getLast())) {
      corners.removeLast();
    }
    if (area(corners) < 0) {
      corners = new ArrayList<>(corners.reversed());
    }
    return grown(corners, distance);
  }

  private static boolean same(double[] a, double[] b) {
    return a[0] == b[0] && a[1] == b[1];
  }

  private static double area(List<double[]> p) {
    double sum = 0;
    for (int i = 0; i < p.size(); i++) {
      double[] a = p.get(i);
      double[] b = p.get((i + 1) % p.size());
      sum += a[0] * b[1] - b[0] * a[1];
    }
    return sum / 2;
  }

  private static double[][] grown(List<double[]> p, double delta) {
    int n = p.size();
    double tolerance = Math.min(ARC_TOLERANCE, delta * ARC_TOLERANCE);
    double steps = Math.min(Math.PI / Math.acos(1 - tolerance / delta), delta * Math.PI);
    double sin = Math.sin(2 * Math.PI / steps);
    double cos = Math.cos(2 * Math.PI / steps);
    double perRadian = steps / (2 * Math.PI);
    double[][] normals = new double[n][];
    for (int i = 0; i < n; i++) {
      double dx = p.get((i + 1) % n)[0] - p.get(i)[0];
      double dy = p.get((i + 1) % n)[1] - p.get(i)[1];
      double length = Math.sqrt(dx * dx + dy * dy);
      normals[i] = length == 0 ? new double[] {0, 0} : new double[] {dy / length, -dx / length};
    }
    List<double[]> out = new ArrayList<>();
    for (int j = 0; j < n; j++) {
      double[] before = normals[(j + n - 1) % n];
      double[] after = normals[j];
      double[] corner = p.get(j);
      double turn = before[0] * after[1] - after[0] * before[1];
      double dot = before[0] * after[0] + before[1] * after[1];
      if (Math.abs(turn * delta) < 1 && dot > 0) {
        out.add(point(corner, before, delta));
        continue;
      }
      turn = Math.max(-1, Math.min(1, turn));
      if (turn * delta < 0) {
        out.add(point(corner, before, delta));
        out.add(corner);
        out.add(point(corner, after, delta));
        continue;
      }
      double angle = Math.atan2(turn, dot);
      int count = Math.max((int) round(perRadian * Math.abs(angle)), 1);
      double[] direction = before.clone();
      for (int i = 0; i < count; i++) {
        out.add(point(corner, direction, delta));
        double x = direction[0];
        direction[0] = x * cos - sin * direction[1];
        direction[1] = x * sin + direction[1] * cos;
      }
      out.add(point(corner, after, delta));
    }
    return out.toArray(double[][]::new);
  }

  private static double[] point(double[] corner, double[] direction, double delta) {
    return new double[] {
      round(corner[0] + direction[0] * delta), round(corner[1] + direction[1] * delta)
    };
  }

  /** Rounds halves away from zero. */
  private static double round(double x) {
    return x < 0 ? (long) (x - 0.5) : (long) (x + 0.5);
  }
}
