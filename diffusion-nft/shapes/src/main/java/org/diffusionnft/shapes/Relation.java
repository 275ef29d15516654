package org.diffusionnft.shapes;

import java.util.Optional;
import java.util.stream.Stream;

/** The position of a prompt's first object relative to the second. */
public enum Relation {
  LEFT("left of", -1, 0),
  RIGHT("right of", 1, 0),
  ABOVE("above", 0, -1),
  BELOW("below", 0, 1);

  private final String words;
  private final int dx;
  private final int dy;

  Relation(String words, int dx, int dy) {
    this.words = words;
    this.dx = dx;
    this.dy = dy;
  }

  /** The words between the two noun phrases. */
  public String words() {
    return words;
  }

  /** The relation with this first word. */
  static Optional<Relation> named(String word) {
    return Stream.of(values()).filter(r -> r.words.split(" ")[0].equals(word)).findFirst();
  }

  /** The position of the second object relative to the first. */
  Relation opposite() {
    return switch (this) {
      case LEFT -> RIGHT;
      case RIGHT -> LEFT;
      case ABOVE -> BELOW;
      case BELOW -> ABOVE;
    };
  }

  /** The distance of the first centre from the second in the relation's direction, in pixels. */
  public double distance(double firstX, double firstY, double secondX, double secondY) {
    return dx * (firstX - secondX) + dy * (firstY - secondY);
  }
}
