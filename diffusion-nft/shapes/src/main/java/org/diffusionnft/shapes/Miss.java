package org.diffusionnft.shapes;

/** The first reason why a picture misses the strict score, in checking order. */
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

  /** The name in tables. */
  public String label() {
    return label;
  }
}
