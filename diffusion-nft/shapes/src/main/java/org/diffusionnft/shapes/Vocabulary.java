package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.Spelling;

/** The words of prompts and their ids. Id 0 is padding. */
public final class Vocabulary {
  /** Tokens per prompt; shorter prompts are padded with id 0. */
  public static final int MAX_TOKENS = 8;

  private static final List<String> WORDS = words();

  private Vocabulary() {}

  private static List<String> words() {
    List<String> words =
        new ArrayList<>(
            List.of(
                "<pad>", "a", "one", "single", "two", "three", "four", "and", "left", "right",
                "above", "below", "of"));
    for (Hue hue : Hue.values()) {
      words.add(hue.word());
    }
    for (ShapeKind kind : ShapeKind.values()) {
      words.add(kind.singular());
    }
    for (ShapeKind kind : ShapeKind.values()) {
      words.add(kind.plural());
    }
    return List.copyOf(words);
  }

  /** The number of ids, including padding. */
  public static int size() {
    return WORDS.size();
  }

  /** All words in the order of their ids; the first is the padding's name. */
  public static List<String> all() {
    return WORDS;
  }

  /**
   * Turns a prompt into ids of shape [{@link #MAX_TOKENS}]. Case and extra spaces are ignored; the
   * empty prompt is all padding (the unconditional caption).
   *
   * @throws InvalidInputException if a word is unknown or the prompt has too many words
   */
  public static int[] encode(String prompt) {
    List<String> words = split(prompt);
    if (words.size() > MAX_TOKENS) {
      throw new InvalidInputException(
          "Prompt \""
              + prompt
              + "\" has "
              + words.size()
              + " words; ShapesWorld reads at most "
              + MAX_TOKENS
              + ".");
    }
    int[] ids = new int[MAX_TOKENS];
    for (int i = 0; i < words.size(); i++) {
      ids[i] = id(words.get(i));
    }
    return ids;
  }

  /** The lower-case words of a prompt, all of them known. */
  static List<String> split(String prompt) {
    String trimmed = prompt.strip().toLowerCase(Locale.ROOT);
    List<String> words = trimmed.isEmpty() ? List.of() : List.of(trimmed.split("\\s+"));
    words.forEach(Vocabulary::id);
    return words;
  }

  private static int id(String word) {
    int id = WORDS.indexOf(word);
    if (id <= 0) {
      List<String> known = WORDS.subList(1, WORDS.size());
      throw new InvalidInputException(
          "Unknown word \""
              + word
              + "\" in a ShapesWorld prompt"
              + Spelling.nearest(word, known)
                  .map(near -> "; did you mean \"" + near + "\"?")
                  .orElse(".")
              + " Known words: "
              + String.join(", ", known)
              + ".");
    }
    return id;
  }
}
