package org.diffusionnft.trainer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.io.TextFile;

/**
 * Files of prompts, in the reference code's two forms: {@code .txt} with one prompt per line, and
 * {@code .jsonl} with one object per line whose {@code prompt} is the text and whose other keys are
 * metadata for rewards. Empty lines are skipped.
 */
public final class PromptFile {
  private static final String LINES = ".txt";
  private static final String OBJECTS = ".jsonl";
  private static final String TEXT = "prompt";

  private PromptFile() {}

  /** The splits of a data set. */
  public enum Split {
    /** {@code train.txt} or {@code train_metadata.jsonl}. */
    TRAIN,
    /** {@code test.txt} or {@code test_metadata.jsonl}. */
    TEST;

    private String key() {
      return this == TRAIN ? "train" : "test";
    }
  }

  /**
   * Reads a file, or a split of a folder laid out like those in the reference code's {@code
   * dataset/}.
   *
   * @return at least one prompt, in the order of the file; some may be equal
   * @throws InvalidFileException that names file and line of the first mistake
   */
  public static List<Prompt> read(Path source, Split split) throws InvalidFileException {
    List<Prompt> prompts = readFile(file(source, split)).stream().map(Line::prompt).toList();
    if (prompts.isEmpty()) {
      throw new InvalidFileException(file(source, split), "holds no prompts");
    }
    return prompts;
  }

  /**
   * Checks the first prompts of what {@link #read} reads.
   *
   * @param check throws InvalidInputException for an unusable prompt
   * @throws InvalidFileException that names file and line of the first such prompt, and says why
   */
  public static void check(Path source, Split split, long most, Consumer<Prompt> check)
      throws InvalidFileException {
    Path file = file(source, split);
    for (Line line : readFile(file).stream().limit(most).toList()) {
      try {
        check.accept(line.prompt);
      } catch (InvalidInputException e) {
        throw new InvalidFileException(file, "line " + line.number + ": " + e.getMessage(), e);
      }
    }
  }

  private record Line(int number, Prompt prompt) {}

  private static Path file(Path source, Split split) throws InvalidFileException {
    return Files.isDirectory(source) ? inFolder(source, split) : source;
  }

  private static Path inFolder(Path folder, Split split) throws InvalidFileException {
    Path objects = folder.resolve(split.key() + "_metadata" + OBJECTS);
    Path lines = folder.resolve(split.key() + LINES);
    if (Files.exists(objects)) {
      return objects;
    }
    if (Files.exists(lines)) {
      return lines;
    }
    throw new InvalidFileException(
        folder,
        "holds neither " + objects.getFileName() + " nor " + lines.getFileName() + " of prompts");
  }

  private static List<Line> readFile(Path file) throws InvalidFileException {
    boolean objects = file.toString().endsWith(OBJECTS);
    if (!objects && !file.toString().endsWith(LINES)) {
      throw new InvalidFileException(
          file,
          Files.exists(file)
              ? "is no file of prompts: its name should end with .txt or .jsonl"
              : "no such file: prompts come from a .txt or .jsonl file or a folder of them, named"
                  + " with prompts.source or --prompts");
    }
    List<String> lines = TextFile.read(file).lines().toList();
    List<Line> prompts = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty()) {
        prompts.add(new Line(i + 1, objects ? parse(file, i + 1, line) : Prompt.of(line)));
      }
    }
    return prompts;
  }

  private static Prompt parse(Path file, int number, String line) throws InvalidFileException {
    ObjectNode object = StrictJson.parseObject(file, "line " + number, line);
    JsonNode text = object.path(TEXT);
    if (!text.isTextual() || text.asText().isBlank()) {
      throw new InvalidFileException(
          file, "has no text called \"prompt\" in line " + number + ": give each object one");
    }
    Map<String, Object> metadata = new LinkedHashMap<>();
    object
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().equals(TEXT) && !e.getValue().isNull()) {
                metadata.put(e.getKey(), StrictJson.plain(e.getValue()));
              }
            });
    return new Prompt(text.asText(), metadata);
  }

  /**
   * Every prompt text once, to draw from.
   *
   * @param file for messages
   * @throws InvalidFileException if prompts of equal text have different metadata
   */
  public static List<Prompt> distinct(Path file, List<Prompt> prompts) throws InvalidFileException {
    SequencedMap<String, Prompt> byText = new LinkedHashMap<>();
    for (Prompt prompt : prompts) {
      Prompt other = byText.putIfAbsent(prompt.text(), prompt);
      if (other != null && !other.equals(prompt)) {
        throw new InvalidFileException(
            file,
            "has the prompt '"
                + prompt.text()
                + "' twice with different metadata, but images of equal prompts are compared with"
                + " each other: remove one of the two");
      }
    }
    return List.copyOf(byText.values());
  }
}
