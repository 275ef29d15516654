package org.diffusionnft.rewards.geneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * What a GenEval prompt asks for: a line of its {@code metadata.jsonl}.
 *
 * @param tag the category
 * @param include what must be present, all of it
 * @param exclude what must be absent
 */
public record Demand(String tag, List<Clause> include, List<Clause> exclude) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> RELATIONS = List.of("left of", "right of", "above", "below");

  /**
   * Objects of one class.
   *
   * @param label the class
   * @param count how many; in {@code exclude}, the number that is too many
   * @param color of each, if it matters
   * @param position where they are, if it matters
   */
  public record Clause(
      String label, int count, @Nullable String color, @Nullable Position position) {}

  /**
   * A position relative to other objects.
   *
   * @param relation {@code left of}, {@code right of}, {@code above} or {@code below}
   * @param group the index of the other objects' clause, from 0
   */
  public record Position(String relation, int group) {}

  /**
   * Reads a prompt's metadata.
   *
   * @throws InvalidInputException if they are not GenEval's
   */
  public static Demand of(Prompt prompt) {
    JsonNode json = JSON.valueToTree(prompt.metadata());
    if (!json.path("tag").isTextual() || !json.path("include").isArray()) {
      throw new InvalidInputException(
          "the prompt '"
              + prompt.text()
              + "' has no GenEval metadata ('tag' and 'include'): take prompts from a .jsonl file"
              + " such as GenEval's train_metadata.jsonl");
    }
    return new Demand(
        json.path("tag").asText(),
        clauses(prompt, json.path("include")),
        clauses(prompt, json.path("exclude")));
  }

  private static List<Clause> clauses(Prompt prompt, JsonNode list) {
    List<Clause> clauses = new ArrayList<>();
    for (JsonNode json : list) {
      JsonNode at = json.path("position");
      int count = json.path("count").asInt(0);
      boolean sound =
          json.path("class").isTextual()
              && count >= 1
              && (at.isMissingNode()
                  || (at.size() == 2
                      && RELATIONS.contains(at.path(0).asText())
                      && at.path(1).asInt(-1) >= 0
                      && at.path(1).asInt() < clauses.size()));
      if (!sound) {
        throw new InvalidInputException(
            "the prompt '" + prompt.text() + "' has metadata that GenEval does not know: " + json);
      }
      clauses.add(
          new Clause(
              json.path("class").asText(),
              count,
              json.hasNonNull("color") ? json.path("color").asText() : null,
              at.isMissingNode() ? null : new Position(at.path(0).asText(), at.path(1).asInt())));
    }
    return clauses;
  }
}
