package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A part of a case's {@code config.json}. A missing value or one of another type is an error that
 * names the key.
 *
 * @param file the file that it is from
 * @param at its key path, for messages
 * @param node the part itself
 */
record CaseConfig(Path file, String at, JsonNode node) {

  boolean has(String key) {
    return node.hasNonNull(key);
  }

  CaseConfig get(String key) throws InvalidFileException {
    if (!has(key)) {
      throw new InvalidFileException(file, "has no '" + at + key + "'");
    }
    return new CaseConfig(file, at + key + ".", node.path(key));
  }

  List<CaseConfig> list(String key) throws InvalidFileException {
    CaseConfig list = get(key);
    if (!list.node.isArray()) {
      throw new InvalidFileException(file, "needs a list under '" + at + key + "'");
    }
    List<CaseConfig> items = new ArrayList<>();
    for (JsonNode item : list.node) {
      items.add(new CaseConfig(file, at + key + "[" + items.size() + "].", item));
    }
    return items;
  }

  String text(String key) throws InvalidFileException {
    JsonNode value = get(key).node;
    if (!value.isTextual()) {
      throw new InvalidFileException(file, "needs a string under '" + at + key + "'");
    }
    return value.asText();
  }

  double number(String key) throws InvalidFileException {
    JsonNode value = get(key).node;
    if (!value.isNumber()) {
      throw new InvalidFileException(file, "needs a number under '" + at + key + "'");
    }
    return value.asDouble();
  }

  int integer(String key) throws InvalidFileException {
    JsonNode value = get(key).node;
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new InvalidFileException(file, "needs a whole number under '" + at + key + "'");
    }
    return value.asInt();
  }

  boolean flag(String key) throws InvalidFileException {
    JsonNode value = get(key).node;
    if (!value.isBoolean()) {
      throw new InvalidFileException(file, "needs true or false under '" + at + key + "'");
    }
    return value.asBoolean();
  }

  double[] numbers(String key) throws InvalidFileException {
    List<CaseConfig> items = list(key);
    double[] out = new double[items.size()];
    for (int i = 0; i < out.length; i++) {
      if (!items.get(i).node.isNumber()) {
        throw new InvalidFileException(file, "needs numbers under '" + at + key + "'");
      }
      out[i] = items.get(i).node.asDouble();
    }
    return out;
  }

  int[] integers(String key) throws InvalidFileException {
    List<CaseConfig> items = list(key);
    int[] out = new int[items.size()];
    for (int i = 0; i < out.length; i++) {
      if (!items.get(i).node.isIntegralNumber()) {
        throw new InvalidFileException(file, "needs whole numbers under '" + at + key + "'");
      }
      out[i] = items.get(i).node.asInt();
    }
    return out;
  }
}
