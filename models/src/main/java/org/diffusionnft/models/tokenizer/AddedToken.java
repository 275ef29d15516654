package org.diffusionnft.models.tokenizer;

/**
 * A token that is found in the text as it stands, before the model sees what is left.
 *
 * @param content its text
 * @param id its id
 * @param normalized whether it is sought in the normalised text rather than in the text as given
 * @param singleWord whether it counts only where no word character touches it
 * @param stripLeft whether it takes white space before it along
 * @param stripRight whether it takes white space after it along
 * @param special whether decoding leaves it out
 */
public record AddedToken(
    String content,
    int id,
    boolean normalized,
    boolean singleWord,
    boolean stripLeft,
    boolean stripRight,
    boolean special) {

  /** A special token that is sought in the text as given. */
  public static AddedToken special(String content, int id) {
    return new AddedToken(content, id, false, false, false, false, true);
  }

  /** The same with another place to be sought in. */
  public AddedToken normalized(boolean on) {
    return new AddedToken(content, id, on, singleWord, stripLeft, stripRight, special);
  }
}
