package org.diffusionnft.shapes;

import org.jspecify.annotations.Nullable;

/**
 * One or more equal objects that a prompt asks for, such as "two red circles".
 *
 * @param determiner the word or words before the noun: one of "a", "one", "a single", "two",
 *     "three", "four"
 * @param count how many objects, 1 to 4
 * @param hue their colour, or null if any colour will do
 * @param kind their shape
 */
public record NounPhrase(String determiner, int count, @Nullable Hue hue, ShapeKind kind) {

  /** The phrase as words. */
  public String text() {
    return determiner
        + " "
        + (hue == null ? "" : hue.word() + " ")
        + (count == 1 ? kind.singular() : kind.plural());
  }

  /**
   * The meaning of the phrase, regardless of its determiner: two phrases may have the same meaning.
   */
  String meaning() {
    return count + (hue == null ? "" : " " + hue.word()) + " " + kind.singular();
  }

  /** Whether an object of this shape and colour satisfies the phrase. */
  boolean fits(ShapeKind seenKind, Hue seenHue) {
    return kind == seenKind && (hue == null || hue == seenHue);
  }
}
