package org.diffusionnft.shapes;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The text encoder of the world: frozen random vectors.
 *
 * <p>A token's embedding is a sum of random vectors, scaled to about unit variance: one for its
 * word, one for the word before it (so that a shape knows its colour), one for its position (the
 * transformer sees context tokens as a set) and, with a relation, one for the side of its object.
 * The output of a real encoder contains all of this, because its tokens have attended to each
 * other. The pooled embedding is the sum of the vectors of the words and of those before them.
 * Nothing is learned or stored: the numbers are derived from the seed.
 */
public final class WordVectors {
  /** The seed of all vectors. */
  public static final long SEED = 20250919;

  private final int dim;
  private final float[] words;
  private final float[] before;
  private final float[] positions;
  private final float[] sides;

  /**
   * Vectors of the given length.
   *
   * @param dim length of token and pooled embeddings, a multiple of 2
   */
  public WordVectors(int dim) {
    if (dim < 2 || dim % 2 != 0) {
      throw new IllegalArgumentException("Word vectors need an even length, found " + dim + ".");
    }
    this.dim = dim;
    this.words = gaussian(SEED, Vocabulary.size() * dim);
    this.before = gaussian(SEED + 1, Vocabulary.size() * dim);
    this.positions = gaussian(SEED + 2, Vocabulary.MAX_TOKENS * dim);
    this.sides = gaussian(SEED + 3, sides().size() * dim);
  }

  /** The sides that tokens encode, in the order of their vectors; the first one is unused. */
  public static List<String> sides() {
    return Stream.concat(
            Stream.of("none"),
            Stream.of(Relation.values()).map(side -> side.name().toLowerCase(Locale.ROOT)))
        .toList();
  }

  /** Length of token and pooled embeddings. */
  public int dim() {
    return dim;
  }

  /**
   * Token embeddings of shape [MAX_TOKENS, dim], row-major, of about unit variance.
   *
   * @param ids from {@link Vocabulary#encode}; all padding is the unconditional caption
   */
  public float[] tokens(int[] ids) {
    float[] out = new float[ids.length * dim];
    List<Optional<Relation>> told = Sides.of(ids);
    for (int i = 0; i < ids.length; i++) {
      int side = told.get(i).map(relation -> 1 + relation.ordinal()).orElse(0);
      for (int d = 0; d < dim; d++) {
        float sum = words[ids[i] * dim + d] + positions[i * dim + d];
        sum += i == 0 ? 0 : before[ids[i - 1] * dim + d];
        sum += side == 0 ? 0 : sides[side * dim + d];
        out[i * dim + d] = sum * (side == 0 ? 0.57735026f : 0.5f);
      }
    }
    return out;
  }

  /** Pooled embedding of shape [dim]; zero for the unconditional caption. */
  public float[] pooled(int[] ids) {
    float[] out = new float[dim];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] != 0) {
        for (int d = 0; d < dim; d++) {
          float sum = words[ids[i] * dim + d] + (i == 0 ? 0 : before[ids[i - 1] * dim + d]);
          out[d] += sum * 0.3f;
        }
      }
    }
    return out;
  }

  // SplitMix64 and Box-Muller on StrictMath: the same numbers on every machine.
  private static float[] gaussian(long seed, int count) {
    float[] out = new float[count];
    long state = seed;
    for (int i = 0; i < count; i += 2) {
      state += 0x9e3779b97f4a7c15L;
      double radius = StrictMath.sqrt(-2 * StrictMath.log(unit(state)));
      state += 0x9e3779b97f4a7c15L;
      double angle = 2 * Math.PI * unit(state);
      out[i] = (float) (radius * StrictMath.cos(angle));
      out[i + 1] = (float) (radius * StrictMath.sin(angle));
    }
    return out;
  }

  private static double unit(long state) {
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    z ^= z >>> 31;
    return ((z >>> 11) + 0.5) * 0x1p-53;
  }
}
