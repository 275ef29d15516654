package org.diffusionnft.shapes;

/** The first thing for which a picture misses the strict score, in the order they are looked at. */
public enum Miss {
  TOO_MANY("too many objects"),
  TOO_FEW("too few objects"),
  UNCLEAR("unclear object"),
  SHAPE("wrong shape"),
  COLOUR("wrong colour"),
  CLUTTER("stray pixels"),
  RELATION("wrong relation");

  private final String label;

  Miss(String label) {
    this.label = label;
  }

  /** As tables have it. */
  public String label() {
    return label;
  }
}
