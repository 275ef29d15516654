package org.diffusionnft.trainer.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;

/** Suggests the intended word for a misspelt one: a key, an option, a word of a prompt. */
public final class Spelling {
  private static final DamerauLevenshteinDistance DISTANCE = new DamerauLevenshteinDistance();

  private Spelling() {}

  /**
   * The number of letters to insert, drop, replace or swap with their neighbour; case is ignored.
   */
  public static int distance(String a, String b) {
    return DISTANCE.apply(a.toLowerCase(Locale.ROOT), b.toLowerCase(Locale.ROOT));
  }

  /** Whether one word is likely a misspelling of the other: most letters are right. */
  static boolean isNear(int distance, String a, String b) {
    return distance <= Math.max(1, Math.max(a.length(), b.length()) / 3);
  }

  /** The nearest of the known words, if one is near enough. */
  public static Optional<String> nearest(String word, Collection<String> known) {
    return known.stream()
        .filter(other -> isNear(distance(word, other), word, other))
        .min(Comparator.comparingInt(other -> distance(word, other)));
  }
}
