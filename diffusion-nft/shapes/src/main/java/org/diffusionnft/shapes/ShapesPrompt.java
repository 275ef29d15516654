package org.diffusionnft.shapes;

import java.util.List;
import java.util.stream.Collectors;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A parsed prompt of the world: what a picture must show, and nothing else.
 *
 * @param category the kind of prompt
 * @param phrases one or two noun phrases
 * @param relation position of the first phrase's object, or null if not specified
 */
public record ShapesPrompt(
    Category category, List<NounPhrase> phrases, @Nullable Relation relation) {

  public ShapesPrompt {
    phrases = List.copyOf(phrases);
    if (phrases.isEmpty() || phrases.size() > 2) {
      throw new InvalidInputException(
          "A prompt has 1 or 2 noun phrases, not " + phrases.size() + ".");
    }
    if (relation != null && phrases.size() != 2) {
      throw new InvalidInputException("\"" + relation.words() + "\" needs an object on each side.");
    }
  }

  /** Reads a prompt, see {@link PromptParser#parse(String)}. */
  public static ShapesPrompt parse(String text) {
    return PromptParser.parse(text);
  }

  /** The prompt in words, as {@link #parse(String)} reads it. */
  public String text() {
    return phrases.stream().map(NounPhrase::text).collect(Collectors.joining(joint()));
  }

  /** The meaning, regardless of determiners. Prompts of the same meaning are never split. */
  String meaning() {
    return phrases.stream().map(NounPhrase::meaning).collect(Collectors.joining(joint()));
  }

  /** The number of objects that the scene must contain. */
  public int objectCount() {
    return phrases.stream().mapToInt(NounPhrase::count).sum();
  }

  private String joint() {
    return relation == null ? " and " : " " + relation.words() + " ";
  }
}
