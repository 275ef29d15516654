package org.diffusionnft.trainer.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A YAML document with the line of every value. Scalars stay text: the key decides what they mean.
 */
sealed interface YamlNode {
  /** The maximum length of a document, in characters: parsing time grows quadratically. */
  int LONGEST = 256 << 10;

  /** Where it starts, from 1. */
  int line();

  /** Its name in messages. */
  String kind();

  /** Keys and values in order. */
  record Mapping(SequencedMap<String, YamlNode> entries, int line) implements YamlNode {
    @Override
    public String kind() {
      return "a mapping";
    }
  }

  /** Values in order. */
  record Sequence(List<YamlNode> items, int line) implements YamlNode {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /** A single value, as text. */
  record Scalar(String text, int line) implements YamlNode {
    @Override
    public String kind() {
      return "'" + text + "'";
    }
  }

  /** A missing value. */
  record Empty(int line) implements YamlNode {
    @Override
    public String kind() {
      return "nothing";
    }
  }

  /**
   * Parses one document; an empty one is an empty mapping.
   *
   * @param file its name, for messages
   * @throws ConfigException if it is no YAML, no mapping, or too long
   */
  static Mapping parse(String file, String text) {
    requireReadable(file, text);
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      YamlNode root = parser.nextToken() == null ? new Empty(1) : read(file, parser);
      if (parser.nextToken() != null) {
        throw ConfigException.at(file, line(parser), "a second YAML document begins here");
      }
      return switch (root) {
        case Mapping mapping -> mapping;
        case Empty _ -> new Mapping(new LinkedHashMap<>(), 1);
        default ->
            throw ConfigException.at(
                file, root.line(), "expected keys and values, found " + root.kind());
      };
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      int line = at == null ? 1 : at.getLineNr();
      throw tab(file, text, line)
          .orElseGet(() -> ConfigException.at(file, line, "not valid YAML: " + firstLine(e)));
    } catch (IOException e) {
      throw new ConfigException(file + ": " + e.getMessage());
    }
  }

  /**
   * Rejects what would take the parser too long, or what it would reject without naming the
   * character.
   */
  private static void requireReadable(String file, String text) {
    if (text.length() > LONGEST) {
      throw new ConfigException(
          "%s: has %d characters, of which settings may have %d"
              .formatted(file, text.length(), LONGEST));
    }
    int line = 1;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      if (!isOfYaml(c)) {
        throw ConfigException.at(
            file,
            line,
            "has the character U+%04X, which YAML does not allow: save the file as text in UTF-8"
                .formatted(c));
      }
      line += c == '\n' ? 1 : 0;
    }
  }

  /** YAML's {@code c-printable}. */
  private static boolean isOfYaml(int c) {
    return (c >= ' ' && c <= '~')
        || c == '\t'
        || c == '\n'
        || c == '\r'
        || c == 0x85
        || (c >= 0xA0 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || c >= 0x10000;
  }

  /** An error for tabs, the most frequent mistake, instead of the parser's own words. */
  private static Optional<ConfigException> tab(String file, String text, int last) {
    List<String> lines = text.lines().toList();
    for (int i = 0; i < Math.min(last + 1, lines.size()); i++) {
      if (lines.get(i).matches("\\s*\t.*")) {
        String sentence = "is indented with a tab: YAML is indented with spaces only";
        return Optional.of(ConfigException.at(file, i + 1, sentence));
      }
    }
    return Optional.empty();
  }

  private static YamlNode read(String file, YAMLParser parser) throws IOException {
    int line = line(parser);
    JsonToken token = parser.currentToken();
    if (parser.isCurrentAlias()) {
      throw ConfigException.at(file, line, "YAML aliases are not supported");
    }
    return switch (token) {
      case START_OBJECT -> mapping(file, parser, line);
      case START_ARRAY -> {
        List<YamlNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(file, parser));
        }
        yield new Sequence(items, line);
      }
      case VALUE_NULL -> new Empty(line);
      default -> {
        String text = parser.getText();
        yield text.isEmpty() ? new Empty(line) : new Scalar(text, line);
      }
    };
  }

  private static Mapping mapping(String file, YAMLParser parser, int line) throws IOException {
    SequencedMap<String, YamlNode> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = line(parser);
      parser.nextToken();
      if (entries.putIfAbsent(key, read(file, parser)) != null) {
        throw ConfigException.at(file, keyLine, "the key " + key + " is there twice");
      }
    }
    return new Mapping(entries, line);
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("unreadable");
  }
}
