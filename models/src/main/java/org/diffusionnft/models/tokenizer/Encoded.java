package org.diffusionnft.models.tokenizer;

/**
 * A text as a fixed number of ids.
 *
 * @param ids including start and end tokens, padded or truncated
 * @param fullLength number of ids of the whole text, including start and end tokens
 * @param cut the end of the text that was cut off; empty if none was
 */
public record Encoded(long[] ids, int fullLength, String cut) {

  /** Number of ids that were cut off. */
  public int left() {
    return Math.max(fullLength - ids.length, 0);
  }

  /** Number of ids that are not padding. */
  public int used() {
    return Math.min(fullLength, ids.length);
  }
}
