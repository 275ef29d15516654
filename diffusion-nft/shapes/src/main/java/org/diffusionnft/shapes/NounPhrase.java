package org.diffusionnft.shapes;

import org.jspecify.annotations.Nullable;

/**
 * Some equal objects that a prompt asks for, such as "two red circles".
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

  /** What the phrase means, whichever determiner says it: two phrases may share one meaning. */
  String meaning() {
    return count + (hue == null ? "" : " " + hue.word()) + " " + kind.singular();
  }

  /** Whether an object of this shape and colour is what the phrase asks for. */
  boolean fits(ShapeKind seenKind, Hue seenHue) {
    return kind == seenKind && (hue == null || hue == seenHue);
  }
}
