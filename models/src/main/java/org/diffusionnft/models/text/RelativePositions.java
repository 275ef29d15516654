package org.diffusionnft.models.text;

/**
 * T5's relative position buckets (Raffel et al., arXiv 1910.10683, section 2.1): half of the
 * buckets are for keys after the query, half for keys before; in each half, the first half holds
 * one distance each, and the rest widen logarithmically. The logarithm is that of F32, as in
 * transformers' {@code _relative_position_bucket}.
 */
public final class RelativePositions {
  private RelativePositions() {}

  /** The bucket of a key at {@code distance} after the query (before it if negative). */
  public static int bucket(long distance, int buckets, int maxDistance) {
    int half = buckets / 2;
    int offset = distance > 0 ? half : 0;
    long n = Math.abs(distance);
    int exact = half / 2;
    if (n < exact) {
      return offset + (int) n;
    }
    float ratio = (float) Math.log((float) n / exact);
    float share = ratio / (float) Math.log((double) maxDistance / exact);
    int wide = exact + (int) (share * (half - exact));
    return offset + Math.min(wide, half - 1);
  }

  /** The bucket of every query-key pair of {@code length} tokens, row by row. */
  static long[] table(int length, int buckets, int maxDistance) {
    long[] table = new long[length * length];
    for (int query = 0; query < length; query++) {
      for (int key = 0; key < length; key++) {
        table[query * length + key] = bucket((long) key - query, buckets, maxDistance);
      }
    }
    return table;
  }
}
