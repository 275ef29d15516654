package org.diffusionnft.models.tokenizer;

/**
 * A text as ids of a fixed number.
 *
 * @param ids with the tokens that mark start and end, padded or cut
 * @param fullLength how many ids the whole text has, those marks included
 * @param cut the end of the text that found no room; empty if all did
 */
public record Encoded(long[] ids, int fullLength, String cut) {

  /** How many ids found no room. */
  public int left() {
    return Math.max(fullLength - ids.length, 0);
  }

  /** How many of the ids are not padding. */
  public int used() {
    return Math.min(fullLength, ids.length);
  }
}
