package org.diffusionnft.weights.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Files with a JSON object a line, which programs append to. A last line that is cut, because it is
 * being written or its writer was killed, is passed over; any other line that is no object is an
 * error.
 */
public final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Line(String text, JsonNode object) {}

  private JsonLines() {}

  /**
   * All objects of a file; none of a file that is not there.
   *
   * @throws InvalidFileException if a line is no JSON object, unless it is the last one and cut
   */
  public static List<JsonNode> read(Path file) throws IOException {
    return lines(file).stream().map(Line::object).toList();
  }

  /**
   * Removes the lines whose number is larger than {@code last}, and a last line that is cut. The
   * others keep their bytes. A file that is not there stays so.
   *
   * @param key of the number; every line has one
   * @throws InvalidFileException as {@link #read}
   */
  public static void dropAfter(Path file, String key, long last) throws IOException {
    if (Files.exists(file)) {
      StringBuilder kept = new StringBuilder();
      for (Line line : lines(file)) {
        if (line.object.path(key).asLong(Long.MAX_VALUE) <= last) {
          kept.append(line.text).append('\n');
        }
      }
      AtomicFile.write(file, kept.toString());
    }
  }

  private static List<Line> lines(Path file) throws IOException {
    List<Line> read = new ArrayList<>();
    if (!Files.exists(file)) {
      return read;
    }
    // Not Files.readAllLines: a last line may be cut inside a character.
    List<String> texts =
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    for (int i = 0; i < texts.size(); i++) {
      try {
        JsonNode object = JSON.readTree(texts.get(i));
        if (!object.isObject()) {
          throw new InvalidFileException(file, "line " + (i + 1) + " is no JSON object");
        }
        read.add(new Line(texts.get(i), object));
      } catch (JsonProcessingException e) {
        if (i + 1 < texts.size()) {
          throw new InvalidFileException(file, "line " + (i + 1) + " is no JSON", e);
        }
      }
    }
    return read;
  }

  /**
   * The numbers of an object by their keys, those of objects in it with a slash between.
   *
   * @param prefix of every key
   */
  public static SequencedMap<String, Double> numbers(String prefix, JsonNode object) {
    SequencedMap<String, Double> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : object.properties()) {
      if (e.getValue().isNumber()) {
        numbers.put(prefix + e.getKey(), e.getValue().asDouble());
      } else if (e.getValue().isObject()) {
        numbers.putAll(numbers(prefix + e.getKey() + "/", e.getValue()));
      }
    }
    return numbers;
  }
}
