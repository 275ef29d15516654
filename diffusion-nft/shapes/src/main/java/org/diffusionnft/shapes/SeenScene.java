package org.diffusionnft.shapes;

import java.util.List;

/**
 * The detected content of a picture.
 *
 * @param objects the objects found
 * @param clutter number of pixels that are neither background nor part of an object
 * @param residual root mean square distance in RGB, each channel in [0, 1], between the picture and
 *     its explanation
 */
record SeenScene(List<SeenShape> objects, int clutter, double residual) {
  // The smallest shape covers 24 pixels. Noise of a good sample leaves a few stray pixels.
  private static final int MOST_CLUTTER = 8;
  // A residual of this size halves the graded score.
  private static final double HALF = 0.1;

  /** Whether the picture shows nothing but the objects. */
  boolean clean() {
    return clutter <= MOST_CLUTTER;
  }

  /**
   * 1 for a perfectly rendered picture, falling to 0 with noise, specks and values out of range.
   */
  double cleanness() {
    double part = residual / HALF;
    return 1 / (1 + part * part);
  }
}
