package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.weights.io.StrictJson;

/** Requests to services and their answers, as JSON. */
final class Questions {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHOWN = 200;

  private Questions() {}

  /** Id, prompt and metadata; the caller adds the picture in the service's form. */
  static ObjectNode of(int id, Prompt prompt) {
    ObjectNode question = JSON.createObjectNode();
    question.put("id", id);
    question.put("prompt", prompt.text());
    question.set("metadata", JSON.valueToTree(prompt.metadata()));
    return question;
  }

  /**
   * Reads the answer to a question. If it has an {@code id}, it must be that of the question;
   * otherwise scores of later pictures would be mixed up.
   *
   * @param id of the question
   */
  static <T> T read(int id, String text, ImageService.Reader<T> reader) throws ServiceFailure {
    return read(
        text,
        answer -> {
          JsonNode given = answer.path("id");
          if (!given.isMissingNode() && !given.asText().equals(Integer.toString(id))) {
            throw new LastingException(
                "it answered question %s when it was asked question %d".formatted(given, id));
          }
          return reader.read(answer);
        });
  }

  /** A failure that retries cannot fix, such as an answer to another question. */
  static final class LastingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LastingException(String message) {
      super(message);
    }
  }

  /**
   * Reads an answer.
   *
   * @throws ServiceFailure if it is not a JSON object, is ambiguous because of a duplicate key or
   *     trailing text, or the reward cannot use it
   */
  static <T> T read(String text, ImageService.Reader<T> reader) throws ServiceFailure {
    try {
      if (StrictJson.parse(text) instanceof ObjectNode answer) {
        return reader.read(answer);
      }
      throw ServiceFailure.passing("it answered '" + shown(text) + "', which is no JSON object");
    } catch (LastingException e) {
      throw ServiceFailure.lasting(String.valueOf(e.getMessage()));
    } catch (JsonProcessingException e) {
      throw ServiceFailure.passing(
          "it answered '"
              + shown(text)
              + "', which is not JSON: one object is needed, each key once, nothing after it");
    } catch (IllegalArgumentException e) {
      throw ServiceFailure.passing("it answered '" + shown(text) + "': " + e.getMessage());
    }
  }

  /** The beginning of a text, on one line. */
  static String shown(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
