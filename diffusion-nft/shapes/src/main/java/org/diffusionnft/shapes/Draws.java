package org.diffusionnft.shapes;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Random choices based on {@link RandomGenerator#nextInt()} alone, so that a scene depends only on
 * the generator's bits, not on how a JDK maps bits to ranges.
 */
final class Draws {
  private final RandomGenerator random;

  Draws(RandomGenerator random) {
    this.random = random;
  }

  int below(int bound) {
    return (int) (((random.nextInt() & 0xffffffffL) * bound) >>> 32);
  }

  boolean chance(double probability) {
    return (random.nextInt() & 0xffffffffL) < probability * 0x1p32;
  }

  <T> T of(List<T> items) {
    return items.get(below(items.size()));
  }

  Hue hue() {
    return of(List.of(Hue.values()));
  }

  ShapeKind kind() {
    return of(List.of(ShapeKind.values()));
  }
}
