package org.diffusionnft.shapes;

import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Locale;

/** The three shapes of the world, each filling a box of {@link #BOX} x {@link #BOX} pixels. */
public enum ShapeKind {
  CIRCLE(new Ellipse2D.Double(0, 0, 7, 7)),
  SQUARE(new Rectangle2D.Double(0, 0, 7, 7)),
  TRIANGLE(triangle());

  /** Side of the box every shape is drawn in, in pixels. */
  public static final int BOX = 7;

  @SuppressWarnings("ImmutableEnumChecker") // never written after construction
  private final float[] coverage;

  private final String singular = name().toLowerCase(Locale.ROOT);

  ShapeKind(Shape outline) {
    coverage = coverageOf(outline);
  }

  // Coverage is computed on our own grid of sample points: the rasteriser of Java2D may differ
  // between JDK builds, the geometry of java.awt.geom does not.
  private static float[] coverageOf(Shape outline) {
    float[] coverage = new float[BOX * BOX];
    for (int y = 0; y < BOX; y++) {
      for (int x = 0; x < BOX; x++) {
        coverage[y * BOX + x] = coverageOf(outline, x, y);
      }
    }
    return coverage;
  }

  private static float coverageOf(Shape outline, double left, double top) {
    int grid = 8;
    int inside = 0;
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        inside += outline.contains(left + (column + 0.5) / grid, top + (row + 0.5) / grid) ? 1 : 0;
      }
    }
    return (float) inside / (grid * grid);
  }

  private static Shape triangle() {
    Path2D path = new Path2D.Double();
    path.moveTo(3.5, 0);
    path.lineTo(7, 7);
    path.lineTo(0, 7);
    path.closePath();
    return path;
  }

  /** The fraction of the box's pixel (x, y) that the shape covers, in [0, 1]. */
  public float coverage(int x, int y) {
    return coverage[y * BOX + x];
  }

  /** The word for one such shape. */
  public String singular() {
    return singular;
  }

  /** The word for several such shapes. */
  public String plural() {
    return singular + "s";
  }
}
