package org.diffusionnft.weights.io;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Append-only files with one JSON object per line. A truncated last line, still being written or
 * left by a killed writer, is skipped; any other line that is not an object is damage.
 */
public final class JsonLines {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /**
   * A line without its terminator: an object, or what is wrong with it.
   *
   * @param cut whether it may be a truncated object
   */
  private record Line(byte[] bytes, @Nullable JsonNode object, String problem, boolean cut) {}

  private JsonLines() {}

  /**
   * All objects of a file; none if the file does not exist.
   *
   * @throws InvalidFileException if a line is not a JSON object, unless it is a truncated last line
   */
  public static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    for (Line line : lines(file)) {
      if (line.object == null) {
        throw new InvalidFileException(
            file, line.problem + ": take that line out, as 'dnft train --resume' does in a run");
      }
      objects.add(line.object);
    }
    return objects;
  }

  /**
   * Removes the lines whose number is larger than {@code last}, a truncated last line, and damaged
   * lines. The others keep their bytes. A missing file is not created. Damaged lines are saved in a
   * file next to it, whose name ends with {@code .damaged}.
   *
   * @param key of the number, which every line has
   * @return a sentence for each damaged line
   */
  public static List<String> dropAfter(Path file, String key, long last) throws IOException {
    return keep(file, line -> line.path(key).asLong() <= last, key);
  }

  /** Like {@link #dropAfter}, with any predicate for the lines to keep. */
  public static List<String> keep(Path file, Predicate<JsonNode> kept, String key)
      throws IOException {
    List<String> damages = new ArrayList<>();
    if (!Files.exists(file)) {
      return damages;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream damaged = new ByteArrayOutputStream();
    for (Line line : lines(file)) {
      boolean whole = line.object != null && line.object.path(key).isIntegralNumber();
      if (!whole) {
        damaged.writeBytes(line.bytes);
        damaged.write('\n');
        damages.add(
            "%s: %s; it is left out, and kept in %s.damaged"
                .formatted(
                    file,
                    line.object == null ? line.problem : "a line has no number '" + key + "'",
                    file.getFileName()));
      } else if (kept.test(line.object)) {
        out.writeBytes(line.bytes);
        out.write('\n');
      }
    }
    if (damaged.size() > 0) {
      AtomicFile.write(file.resolveSibling(file.getFileName() + ".damaged"), damaged.toByteArray());
    }
    AtomicFile.write(file, out.toByteArray());
    return damages;
  }

  private static List<Line> lines(Path file) throws IOException {
    List<Line> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidFileException(file, "is no file: rename it, or delete it");
    }
    byte[] bytes = Files.readAllBytes(file);
    int begin = 0;
    for (int number = 1; begin < bytes.length; number++) {
      int end = begin;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      byte[] text = Arrays.copyOfRange(bytes, begin, end);
      Line line = line(text, number);
      boolean last = end + 1 >= bytes.length;
      if (!last || !line.cut) {
        lines.add(line);
      }
      begin = end + 1;
    }
    return lines;
  }

  private static Line line(byte[] text, int number) {
    try {
      // Jackson's byte reader would accept some invalid UTF-8.
      String decoded = UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      JsonNode json = JSON.readTree(decoded);
      return json.isObject()
          ? new Line(text, json, "", false)
          : new Line(text, null, "line " + number + " is no JSON object", false);
    } catch (CharacterCodingException e) {
      return new Line(text, null, "line " + number + " is not UTF-8 text", true);
    } catch (JsonProcessingException e) {
      return new Line(text, null, "line " + number + " is no JSON", true);
    }
  }

  /**
   * The numbers of an object by their keys; keys of nested objects are joined by a slash.
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
