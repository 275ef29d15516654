package org.diffusionnft.shapes;

import java.util.Locale;

/** The categories of prompts, named as in GenEval. */
public enum Category {
  /** One object: "a circle". */
  SINGLE_OBJECT,
  /** Two objects of different shapes: "a circle and a square". */
  TWO_OBJECT,
  /** Two to four equal objects: "three red circles". */
  COUNTING,
  /** One object with its colour: "a red circle". */
  COLORS,
  /** Two objects and the position of the first: "a red circle left of a blue square". */
  POSITION,
  /** Two objects, each with its own colour: "a red circle and a blue square". */
  COLOR_ATTR;

  /** The name used in tables and in {@code summary.json}, such as {@code color_attr}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
