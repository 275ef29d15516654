package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * Reads prompts by this grammar:
 *
 * <pre>
 * prompt     = phrase [("and" | relation) phrase]
 * relation   = "left of" | "right of" | "above" | "below"
 * phrase     = determiner [colour] shape
 * determiner = "a" | "one" | "a single" | "two" | "three" | "four"
 * </pre>
 */
final class PromptParser {
  private static final List<String> NUMBERS = List.of("one", "two", "three", "four");

  private final String text;
  private final List<String> words;
  private int next;

  private PromptParser(String text) {
    this.text = text;
    this.words = Vocabulary.split(text);
  }

  /**
   * Reads one prompt.
   *
   * @throws InvalidInputException if a word is unknown or the words do not follow the grammar
   */
  static ShapesPrompt parse(String text) {
    return new PromptParser(text).prompt();
  }

  private ShapesPrompt prompt() {
    List<NounPhrase> phrases = new ArrayList<>();
    phrases.add(phrase());
    Relation relation = null;
    if (next < words.size()) {
      if (!accept("and")) {
        relation = relation();
      }
      phrases.add(phrase());
    }
    if (next < words.size()) {
      throw unexpected("the end");
    }
    return new ShapesPrompt(category(phrases, relation), phrases, relation);
  }

  private NounPhrase phrase() {
    int count = 1;
    String determiner = "a";
    if (accept("a")) {
      determiner = accept("single") ? "a single" : "a";
    } else if (next < words.size() && NUMBERS.contains(words.get(next))) {
      determiner = words.get(next++);
      count = NUMBERS.indexOf(determiner) + 1;
    } else {
      throw unexpected("\"a\" or a number");
    }
    Hue hue = null;
    for (Hue candidate : Hue.values()) {
      if (accept(candidate.word())) {
        hue = candidate;
        break;
      }
    }
    for (ShapeKind kind : ShapeKind.values()) {
      if (accept(count == 1 ? kind.singular() : kind.plural())) {
        return new NounPhrase(determiner, count, hue, kind);
      }
    }
    throw unexpected(count == 1 ? "a shape" : "shapes in the plural");
  }

  private Relation relation() {
    for (Relation relation : Relation.values()) {
      String[] parts = relation.words().split(" ");
      if (accept(parts[0])) {
        if (parts.length > 1 && !accept(parts[1])) {
          throw unexpected("\"" + parts[1] + "\"");
        }
        return relation;
      }
    }
    throw unexpected("\"and\", \"left of\", \"right of\", \"above\" or \"below\"");
  }

  private boolean accept(String word) {
    boolean found = next < words.size() && words.get(next).equals(word);
    next += found ? 1 : 0;
    return found;
  }

  private IllegalArgumentException unexpected(String expected) {
    String found = next < words.size() ? "\"" + words.get(next) + "\"" : "the end";
    return new InvalidInputException(
        "Prompt \""
            + text
            + "\": expected "
            + expected
            + " as word "
            + (next + 1)
            + ", found "
            + found
            + "; write for example \"a red circle left of a blue square\".");
  }

  private static Category category(List<NounPhrase> phrases, @Nullable Relation relation) {
    boolean coloured = phrases.stream().anyMatch(phrase -> phrase.hue() != null);
    if (relation != null) {
      return Category.POSITION;
    }
    if (phrases.stream().anyMatch(phrase -> phrase.count() > 1)) {
      return Category.COUNTING;
    }
    if (phrases.size() == 2) {
      return coloured ? Category.COLOR_ATTR : Category.TWO_OBJECT;
    }
    return coloured ? Category.COLORS : Category.SINGLE_OBJECT;
  }
}
