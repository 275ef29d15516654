package org.diffusionnft.shapes;

/** Where the first object of a prompt lies, seen from the second. */
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

  /** How far the first centre lies in the asked direction from the second, in pixels. */
  public double distance(double firstX, double firstY, double secondX, double secondY) {
    return dx * (firstX - secondX) + dy * (firstY - secondY);
  }
}
