package org.diffusionnft.shapes;

import java.util.List;
import java.util.stream.Collectors;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A parsed prompt of the world: what must be seen, and nothing else.
 *
 * @param category the kind of prompt
 * @param phrases one or two noun phrases
 * @param relation where the first phrase's object lies, or null if that is not asked
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

  /** What is asked for, whichever determiners say it. Prompts of one meaning are never split. */
  String meaning() {
    return phrases.stream().map(NounPhrase::meaning).collect(Collectors.joining(joint()));
  }

  /** How many objects the scene must hold. */
  public int objectCount() {
    return phrases.stream().mapToInt(NounPhrase::count).sum();
  }

  private String joint() {
    return relation == null ? " and " : " " + relation.words() + " ";
  }
}
