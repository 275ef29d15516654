package org.diffusionnft.studies.course;

/** A point or an arrow in the plane. */
record Vector2(double x, double y) {
  static final Vector2 ZERO = new Vector2(0, 0);

  Vector2 plus(Vector2 other) {
    return new Vector2(x + other.x, y + other.y);
  }

  Vector2 minus(Vector2 other) {
    return new Vector2(x - other.x, y - other.y);
  }

  Vector2 times(double factor) {
    return new Vector2(factor * x, factor * y);
  }

  double length() {
    return Math.hypot(x, y);
  }
}
