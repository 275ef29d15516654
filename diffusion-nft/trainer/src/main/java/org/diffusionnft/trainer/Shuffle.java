package org.diffusionnft.trainer;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Random permutations that depend only on the generator's bits, not on how a JDK maps bits to
 * ranges.
 */
final class Shuffle {
  private Shuffle() {}

  /** A permutation of the numbers below {@code n}. */
  static int[] of(RandomGenerator random, int n) {
    return first(random, n, n);
  }

  /** The first {@code count} numbers of a permutation of those below {@code n}. */
  static int[] first(RandomGenerator random, int n, int count) {
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    for (int i = 0; i < count; i++) {
      int j = i + (int) (((random.nextLong() >>> 32) * (n - i)) >>> 32);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return Arrays.copyOf(order, count);
  }
}
