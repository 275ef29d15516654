package org.diffusionnft.shapes;

/**
 * One object of a scene.
 *
 * @param kind its shape
 * @param hue its colour
 * @param x left edge of its box in pixels
 * @param y top edge of its box in pixels
 */
public record PlacedShape(ShapeKind kind, Hue hue, int x, int y) {

  /**
   * Whether the boxes of two shapes touch or overlap: at least one background pixel must separate
   * them.
   */
  boolean touches(PlacedShape other) {
    return Math.abs(x - other.x) <= ShapeKind.BOX && Math.abs(y - other.y) <= ShapeKind.BOX;
  }
}
