package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Where the object that a word belongs to stands, seen from the other object of its prompt. */
enum Side {
  /** The prompt names no relation, or the word is part of the relation itself. */
  NONE,
  LEFT,
  RIGHT,
  ABOVE,
  BELOW;

  private static final int OF = Vocabulary.encode("of")[0];

  /**
   * The side of each word.
   *
   * @param ids from {@link Vocabulary#encode}
   */
  static List<Side> of(int[] ids) {
    List<Side> sides = new ArrayList<>(Collections.nCopies(ids.length, NONE));
    for (int i = 0; i < ids.length; i++) {
      Side first = named(ids[i]);
      if (first != NONE) {
        Collections.fill(sides.subList(0, i), first);
        for (int j = i + 1; j < ids.length && ids[j] != 0; j++) {
          sides.set(j, ids[j] == OF ? NONE : first.opposite());
        }
        break;
      }
    }
    return sides;
  }

  private static Side named(int id) {
    return switch (Vocabulary.all().get(id)) {
      case "left" -> LEFT;
      case "right" -> RIGHT;
      case "above" -> ABOVE;
      case "below" -> BELOW;
      default -> NONE;
    };
  }

  private Side opposite() {
    return switch (this) {
      case NONE -> NONE;
      case LEFT -> RIGHT;
      case RIGHT -> LEFT;
      case ABOVE -> BELOW;
      case BELOW -> ABOVE;
    };
  }
}
