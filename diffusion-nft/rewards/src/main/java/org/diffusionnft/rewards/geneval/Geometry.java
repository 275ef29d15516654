package org.diffusionnft.rewards.geneval;

import java.util.LinkedHashSet;
import java.util.Set;

/** GenEval's geometry of boxes: left, top, right and bottom in pixels. */
public final class Geometry {
  private static final double NONE = 1e-3;
  private static final double HALF = 0.5;

  private Geometry() {}

  /** Intersection over union; box sizes include both edge pixels. */
  public static double overlap(double[] a, double[] b) {
    double inside =
        area(
            Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3]));
    double union = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - inside;
    return union == 0 ? 0 : inside / union;
  }

  private static double area(double left, double top, double right, double bottom) {
    return Math.max(right - left + 1, 0) * Math.max(bottom - top + 1, 0);
  }

  /**
   * Where {@code a} is relative to {@code b}: none, one or two relations.
   *
   * @param margin how far apart the centers must be along an axis, as a fraction of the sum of both
   *     sizes: boxes that touch have 0.5
   */
  public static Set<String> relations(double[] a, double[] b, double margin) {
    double offsetX = (a[0] + a[2]) / 2 - (b[0] + b[2]) / 2;
    double offsetY = (a[1] + a[3]) / 2 - (b[1] + b[3]) / 2;
    double x = beyond(offsetX, margin * (Math.abs(a[2] - a[0]) + Math.abs(b[2] - b[0])));
    double y = beyond(offsetY, margin * (Math.abs(a[3] - a[1]) + Math.abs(b[3] - b[1])));
    Set<String> relations = new LinkedHashSet<>();
    if (Math.abs(x) < NONE && Math.abs(y) < NONE) {
      return relations;
    }
    double distance = Math.hypot(offsetX, offsetY);
    if (x / distance < -HALF) {
      relations.add("left of");
    }
    if (x / distance > HALF) {
      relations.add("right of");
    }
    if (y / distance < -HALF) {
      relations.add("above");
    }
    if (y / distance > HALF) {
      relations.add("below");
    }
    return relations;
  }

  private static double beyond(double offset, double touching) {
    return Math.max(Math.abs(offset) - touching, 0) * Math.signum(offset);
  }
}
