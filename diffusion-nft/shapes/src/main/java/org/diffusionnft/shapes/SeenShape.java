package org.diffusionnft.shapes;

import java.util.Collections;
import java.util.Map;

/**
 * An object found in a picture.
 *
 * @param fit how well its outline matches each kind of shape (soft intersection over union, in [0,
 *     1])
 * @param share the fraction of its area with each colour, in [0, 1]
 * @param x centre of its area, in pixels
 * @param y centre of its area, in pixels
 */
record SeenShape(Map<ShapeKind, Double> fit, Map<Hue, Double> share, double x, double y) {
  // Thresholds of the strict judge. A rendered shape has fit 1 with itself and at most 0.79 with
  // the nearest other kind; blur and noise of a good sample cost up to 0.2.
  private static final double LEAST_FIT = 0.72;
  private static final double LEAST_SHARE = 0.8;

  ShapeKind kind() {
    return most(fit);
  }

  Hue hue() {
    return most(share);
  }

  /** Whether this is clearly one shape of one colour, and not a blob. */
  boolean clear() {
    return Collections.max(fit.values()) >= LEAST_FIT
        && Collections.max(share.values()) >= LEAST_SHARE;
  }

  private static <K> K most(Map<K, Double> values) {
    return Collections.max(values.entrySet(), Map.Entry.comparingByValue()).getKey();
  }
}
