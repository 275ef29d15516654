package org.diffusionnft.trainer.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Descriptions of all settings: as comments in a settings file and as the tables of {@code
 * docs/settings.md}. The build extracts them from the Javadoc of the settings' records.
 */
public final class SettingsReference {
  private static final String TABLE = "settings.tsv";
  private static final Pattern KEY = Pattern.compile("( *)([A-Za-z0-9]+):(.*)");
  private static final int INDENT = 2;
  private static final int WIDTH = 100;
  private static final String SECTION = "section";

  /**
   * A setting.
   *
   * @param type the type of its value in a file
   * @param range of its values; empty if any will do
   * @param reference its name in the reference code; empty if it has none there
   * @param text its description
   */
  private record Setting(String key, String type, String range, String reference, String text) {
    boolean isSection() {
      return type.equals(SECTION);
    }

    /** Type and range in a few words; what is obvious from the value itself is left out. */
    String bounds() {
      boolean choice = type.startsWith("one of ");
      return choice ? type : range;
    }
  }

  private SettingsReference() {}

  /** Settings as a file that {@link TrainConfig#read} accepts, each below a comment. */
  public static String commented(TrainConfig config) {
    SequencedMap<String, Setting> settings = settings();
    StringBuilder text = new StringBuilder();
    walk(
        config.toYaml(),
        (path, indent, line) -> {
          Setting setting = settings.get(path);
          if (setting != null) {
            text.append(setting.isSection() && indent.isEmpty() ? "\n" : "");
            String bounds = setting.bounds();
            String words = setting.text + (bounds.isEmpty() ? "" : " (" + bounds + ")");
            comment(text, indent, words.replace("`", ""));
          }
          text.append(line).append('\n');
        });
    return text.toString();
  }

  private static void comment(StringBuilder text, String indent, String words) {
    StringBuilder line = new StringBuilder(indent).append('#');
    for (String word : words.split(" ", -1)) {
      if (line.length() + 1 + word.length() > WIDTH) {
        text.append(line).append('\n');
        line = new StringBuilder(indent).append('#');
      }
      line.append(' ').append(word);
    }
    text.append(line).append('\n');
  }

  /** The tables of all settings, in Markdown, with the values of the reference code's GenEval. */
  public static String tables() {
    Map<String, String> defaults = new LinkedHashMap<>();
    List<String> open = new ArrayList<>();
    walk(
        TrainConfig.official().toYaml(),
        (path, indent, line) -> {
          if (path.isEmpty()) { // an item of the most recent list
            defaults.merge(
                open.getLast(), line.strip().replaceFirst("^- ", ""), (a, b) -> join(a, b));
          } else {
            open.add(path);
            defaults.put(path, line.substring(line.indexOf(':') + 1).strip());
          }
        });
    StringBuilder page = new StringBuilder();
    String head =
        "\n| key | value | default | reference code | |\n| --- | --- | --- | --- | --- |\n";
    page.append(head);
    settings().values().stream()
        .filter(s -> !s.key.contains(".") && !s.isSection())
        .forEach(s -> row(page, s, value(s, defaults)));
    settings().values().stream()
        .filter(Setting::isSection)
        .forEach(
            section -> {
              page.append("\n## ").append(section.key).append("\n\n");
              page.append(sentence(section.text)).append('\n').append(head);
              String prefix = section.key + ".";
              settings().values().stream()
                  .filter(s -> s.key.startsWith(prefix) && !s.isSection())
                  .filter(s -> s.key.indexOf('.', prefix.length()) < 0)
                  .forEach(s -> row(page, s, value(s, defaults)));
            });
    return page.toString();
  }

  private static String join(String a, String b) {
    return a.isEmpty() ? b : a + ", " + b;
  }

  /** The default; for rewards, a mapping with the user's keys, the official one. */
  private static String value(Setting setting, Map<String, String> defaults) {
    String inner = defaults.getOrDefault(setting.key + ".geneval", "");
    return inner.isEmpty() ? defaults.getOrDefault(setting.key, "") : "geneval: " + inner;
  }

  private static void row(StringBuilder page, Setting s, String value) {
    String allowed = s.range.isEmpty() ? s.type : s.type + ", " + s.range;
    page.append("| `")
        .append(s.key.substring(s.key.lastIndexOf('.') + 1))
        .append("` | ")
        .append(allowed)
        .append(" | ")
        .append(code(value))
        .append(" | ")
        .append(code(s.reference))
        .append(" | ")
        .append(s.text.replace("|", "\\|"))
        .append(" |\n");
  }

  private static String code(String text) {
    return text.isEmpty() ? "" : "`" + text.replace("\"", "") + "`";
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  /** Called for each line. */
  private interface Visitor {
    /**
     * Handles a line.
     *
     * @param path of its key; empty if it has none
     */
    void line(String path, String indent, String line);
  }

  /** Visits the lines of settings as {@link TrainConfig#toYaml} writes them. */
  private static void walk(String yaml, Visitor visitor) {
    List<String> path = new ArrayList<>();
    for (String line : yaml.lines().toList()) {
      Matcher key = KEY.matcher(line);
      if (key.matches() && key.group(1).length() / INDENT <= path.size()) {
        path.subList(key.group(1).length() / INDENT, path.size()).clear();
        path.add(key.group(2));
        visitor.line(String.join(".", path), key.group(1), line);
      } else {
        visitor.line("", "", line);
      }
    }
  }

  private static SequencedMap<String, Setting> settings() {
    SequencedMap<String, Setting> settings = new LinkedHashMap<>();
    try (InputStream stream = SettingsReference.class.getResourceAsStream(TABLE)) {
      if (stream == null) {
        throw new IllegalStateException(TABLE + " is missing in this build");
      }
      new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t", -1))
          .forEach(f -> settings.put(f[0], new Setting(f[0], f[1], f[2], f[3], f[4])));
      return settings;
    } catch (IOException e) {
      throw new IllegalStateException(TABLE + " cannot be read", e);
    }
  }
}
