package org.diffusionnft.weights.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads and writes JSON files: bounded in size, without duplicate keys, with one-sentence errors.
 */
public final class StrictJson {
  /** Vocabularies are the largest, at about 20 MB. In memory, a tree takes many times as much. */
  private static final long LARGEST_FILE = 64L << 20;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * Reads a file that holds one JSON object.
   *
   * @throws InvalidFileException if it is missing, larger than 64 MiB, or not a JSON object
   */
  public static ObjectNode readObject(Path file) throws InvalidFileException {
    if (read(file) instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidFileException(file, "is not a JSON object");
  }

  /**
   * Reads a file that holds one JSON array.
   *
   * @throws InvalidFileException if it is missing, larger than 64 MiB, or not a JSON array
   */
  public static ArrayNode readArray(Path file) throws InvalidFileException {
    if (read(file) instanceof ArrayNode array) {
      return array;
    }
    throw new InvalidFileException(file, "is not a JSON array");
  }

  private static JsonNode read(Path file) throws InvalidFileException {
    try {
      long size = Files.size(file);
      if (size > LARGEST_FILE) {
        throw new InvalidFileException(
            file, "has " + size + " bytes, too many for a JSON file (" + LARGEST_FILE + ")");
      }
      return MAPPER.readTree(Files.readAllBytes(file));
    } catch (InvalidFileException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(file, "no such file", e);
    } catch (JsonProcessingException e) {
      requireJson(file);
      throw new InvalidFileException(file, "is not valid JSON: " + JsonFault.of(e), e);
    } catch (IOException e) {
      throw new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    }
  }

  /** Reports the kind of a file that is known not to be JSON. */
  private static void requireJson(Path file) throws InvalidFileException {
    switch (FileKind.of(file)) {
      case JSON, TEXT, UNKNOWN -> {}
      default -> FileKind.refuse(file, "JSON");
    }
  }

  /**
   * Reads an object embedded as text in a file.
   *
   * @param file the file, for messages
   * @param what name of the object, for messages
   * @throws InvalidFileException if it is not a JSON object
   */
  public static ObjectNode parseObject(Path file, String what, String text)
      throws InvalidFileException {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return object;
      }
      throw new InvalidFileException(file, "has no JSON object as " + what);
    } catch (JsonProcessingException e) {
      throw new InvalidFileException(
          file, "has no valid JSON as " + what + ": " + JsonFault.of(e), e);
    }
  }

  /**
   * Parses a text by the same rules: no duplicate keys, nothing after the value.
   *
   * @throws JsonProcessingException if it violates them
   */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /** A value as Java's own maps, lists, strings, numbers and booleans. */
  public static Object plain(JsonNode value) {
    return MAPPER.convertValue(value, Object.class);
  }

  /** An empty object to fill and {@linkplain #write write}. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Writes an object like Python's {@code json.dump(..., indent=2)}, atomically.
   *
   * @throws OutputException if the file cannot be written
   */
  public static void write(Path file, JsonNode json) throws OutputException {
    DefaultIndenter indent = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter() {
          private static final long serialVersionUID = 1L;

          @Override
          public DefaultPrettyPrinter createInstance() {
            return this;
          }

          @Override
          public void writeObjectFieldValueSeparator(com.fasterxml.jackson.core.JsonGenerator g)
              throws IOException {
            g.writeRaw(": ");
          }
        };
    printer.indentObjectsWith(indent);
    printer.indentArraysWith(indent);
    try {
      AtomicFile.write(file, MAPPER.writer(printer).writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new OutputException(file, InvalidFileException.oneLine(e.getOriginalMessage()), e);
    }
  }
}
