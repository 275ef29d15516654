package org.diffusionnft.weights.io;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of a JSON configuration; a missing field or wrong type is an error that names it.
 *
 * @param file its source, for messages
 * @param json the object
 */
public record JsonFields(Path file, JsonNode json) {

  public int integer(String key) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw needs("a whole number", key);
    }
    return node.asInt();
  }

  public int integer(String key, int orElse) throws InvalidFileException {
    return json.hasNonNull(key) ? integer(key) : orElse;
  }

  public double number(String key) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!node.isNumber() || !Double.isFinite(node.asDouble())) {
      throw needs("a number", key);
    }
    return node.asDouble();
  }

  public double number(String key, double orElse) throws InvalidFileException {
    return json.hasNonNull(key) ? number(key) : orElse;
  }

  public String text(String key) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!node.isTextual()) {
      throw needs("a text", key);
    }
    return node.asText();
  }

  public boolean flag(String key, boolean orElse) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!json.hasNonNull(key)) {
      return orElse;
    }
    if (!node.isBoolean()) {
      throw needs("true or false", key);
    }
    return node.asBoolean();
  }

  public int[] integers(String key) throws InvalidFileException {
    JsonNode node = json.path(key);
    int[] out = new int[node.size()];
    for (int i = 0; i < out.length; i++) {
      if (!node.path(i).isIntegralNumber() || !node.path(i).canConvertToInt()) {
        throw needs("a list of whole numbers", key);
      }
      out[i] = node.path(i).asInt();
    }
    if (!node.isArray()) {
      throw needs("a list of whole numbers", key);
    }
    return out;
  }

  /** Checks a field with only one supported value; a missing field counts as that value. */
  public void require(String key, JsonNode supported) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!node.isMissingNode() && !node.equals(supported)) {
      throw unsupported(key, List.of(supported.toString()));
    }
  }

  /**
   * Checks that no unsupported option is on, because it could change the results. Any value that is
   * not null, false, zero or empty is on. Keys that begin with an underscore are notes by the
   * file's writer.
   *
   * @param understood keys that are read, or have no effect
   * @param what it is a configuration of, for the message
   */
  public void requireOff(Set<String> understood, String what) throws InvalidFileException {
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      boolean known = understood.contains(e.getKey()) || e.getKey().startsWith("_");
      if (!known && !isOff(e.getValue())) {
        throw new InvalidFileException(
            file,
            "has the option "
                + quote(e.getKey())
                + " "
                + what
                + " with the value "
                + quote(e.getValue().toString())
                + ", which is not supported and may change the numbers: pictures would be others"
                + " than in the library that wrote it");
      }
    }
  }

  private static boolean isOff(JsonNode node) {
    return node.isNull()
        || (node.isBoolean() && !node.asBoolean())
        || (node.isNumber() && node.asDouble() == 0)
        || (node.isTextual() && node.asText().isEmpty())
        || (node.isContainerNode() && node.isEmpty());
  }

  public InvalidFileException unsupported(String key, List<String> supported) {
    return new InvalidFileException(
        file,
        "has "
            + key
            + " "
            + quote(json.path(key).toString())
            + ", but only "
            + String.join(", ", supported)
            + (supported.size() == 1 ? " is" : " are")
            + " supported");
  }

  private InvalidFileException needs(String what, String key) {
    JsonNode node = json.path(key);
    return new InvalidFileException(
        file,
        "needs "
            + what
            + " under "
            + quote(key)
            + ", not "
            + (node.isMissingNode() ? "nothing" : quote(node.toString())));
  }
}
