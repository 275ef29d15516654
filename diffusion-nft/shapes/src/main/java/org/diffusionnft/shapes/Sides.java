package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The relative positions of a prompt's objects, word by word. */
final class Sides {
  private static final int OF = Vocabulary.encode("of")[0];

  private Sides() {}

  /**
   * The relation of each word's object; none if the prompt has no relation, or the word is part of
   * it.
   *
   * @param ids from {@link Vocabulary#encode}
   */
  static List<Optional<Relation>> of(int[] ids) {
    List<Optional<Relation>> sides =
        new ArrayList<>(Collections.nCopies(ids.length, Optional.empty()));
    for (int i = 0; i < ids.length; i++) {
      Optional<Relation> first = Relation.named(Vocabulary.all().get(ids[i]));
      if (first.isPresent()) {
        Collections.fill(sides.subList(0, i), first);
        for (int j = i + 1; j < ids.length && ids[j] != 0; j++) {
          sides.set(j, ids[j] == OF ? Optional.empty() : first.map(Relation::opposite));
        }
        break;
      }
    }
    return sides;
  }
}
