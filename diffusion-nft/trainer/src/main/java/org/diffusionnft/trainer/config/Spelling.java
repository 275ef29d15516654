package org.diffusionnft.trainer.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;

/** What a misspelt word was probably meant to be: a key, an option, a word of a prompt. */
public final class Spelling {
  private static final DamerauLevenshteinDistance DISTANCE = new DamerauLevenshteinDistance();

  private Spelling() {}

  /** Letters to insert, drop, replace or swap with their neighbour; case does not count. */
  public static int distance(String a, String b) {
    return DISTANCE.apply(a.toLowerCase(Locale.ROOT), b.toLowerCase(Locale.ROOT));
  }

  /** Whether words are so near that one can be meant by the other: most letters are right. */
  static boolean isNear(int distance, String a, String b) {
    return distance <= Math.max(1, Math.max(a.length(), b.length()) / 3);
  }

  /** The nearest of the words that there are, if one is near. */
  public static Optional<String> nearest(String word, Collection<String> known) {
    return known.stream()
        .filter(other -> isNear(distance(word, other), word, other))
        .min(Comparator.comparingInt(other -> distance(word, other)));
  }
}
