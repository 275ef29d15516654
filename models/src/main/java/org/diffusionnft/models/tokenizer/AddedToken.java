package org.diffusionnft.models.tokenizer;

/**
 * A token that is matched in the text before the model encodes the rest.
 *
 * @param content its text
 * @param id its id
 * @param normalized whether it is matched in the normalised text rather than in the original text
 * @param singleWord whether it matches only where no word character is adjacent
 * @param stripLeft whether it absorbs white space before it
 * @param stripRight whether it absorbs white space after it
 * @param special whether decoding skips it
 */
public record AddedToken(
    String content,
    int id,
    boolean normalized,
    boolean singleWord,
    boolean stripLeft,
    boolean stripRight,
    boolean special) {

  /** A special token that is matched in the original text. */
  public static AddedToken special(String content, int id) {
    return new AddedToken(content, id, false, false, false, false, true);
  }

  /** The same with another {@code normalized} flag. */
  public AddedToken normalized(boolean on) {
    return new AddedToken(content, id, on, singleWord, stripLeft, stripRight, special);
  }
}
