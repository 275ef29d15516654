package org.diffusionnft.shapes;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Random choices made of {@link RandomGenerator#nextInt()} alone, so that a scene depends on the
 * generator's bits and not on how a JDK turns bits into ranges.
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
