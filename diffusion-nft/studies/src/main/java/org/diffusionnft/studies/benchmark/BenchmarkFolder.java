package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The folder of an evaluation: {@code evaluation.json} has its settings, {@code policies/NAME/} the
 * adapter's checksum, scores and pictures of each policy; the other files are derived from these.
 *
 * @param path of the folder
 */
record BenchmarkFolder(Path path) {
  private static final String SETTINGS = "evaluation.json";
  private static final String POLICY = "policy.json";

  /** The results for programs. */
  Path results() {
    return path.resolve("results.json");
  }

  /** The results as a page. */
  Path page() {
    return path.resolve("index.html");
  }

  /** The contact sheet. */
  Path sheet() {
    return path.resolve("sheet.png");
  }

  /** The scores of a policy's pictures. */
  ScoreFile scores(Policy policy) {
    return new ScoreFile(of(policy).resolve("scores.jsonl"));
  }

  /** A kept picture of a policy. */
  Path picture(Policy policy, int number) {
    return of(policy).resolve("pictures").resolve("%06d.png".formatted(number));
  }

  private Path of(Policy policy) {
    return path.resolve("policies").resolve(policy.name());
  }

  /**
   * Begins an evaluation, or checks that an existing one has the same settings.
   *
   * @throws InvalidFileException that names what differs, or if the folder holds something else
   */
  void begin(ObjectNode settings) throws IOException {
    if (!Files.exists(path.resolve(SETTINGS)) && holdsSomething()) {
      throw new InvalidFileException(
          path, "is not empty, and holds no evaluation: choose another folder with --out");
    }
    requireSame(path.resolve(SETTINGS), settings, "another evaluation");
  }

  /**
   * Begins with a policy, or checks that an existing one has the same adapter.
   *
   * @throws InvalidFileException if another adapter has its name
   */
  void begin(Policy policy, ObjectNode adapter) throws IOException {
    Files.createDirectories(of(policy).resolve("pictures"));
    requireSame(of(policy).resolve(POLICY), adapter, "what another adapter of that name scored");
  }

  private boolean holdsSomething() throws IOException {
    try (var files = Files.list(path)) {
      // the lock file is ours
      return files.anyMatch(file -> !String.valueOf(file.getFileName()).startsWith("."));
    }
  }

  private static void requireSame(Path file, ObjectNode wanted, String other) throws IOException {
    if (!Files.exists(file)) {
      StrictJson.write(file, wanted);
      return;
    }
    ObjectNode there = StrictJson.readObject(file);
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      String value = there.path(entry.getKey()).toString();
      String own = entry.getValue().toString();
      if (!value.equals(own)) {
        differences.add(
            "%s is %s there and %s here"
                .formatted(entry.getKey(), value.isEmpty() ? "missing" : value, own));
      }
    }
    if (!differences.isEmpty()) {
      throw new InvalidFileException(
          file,
          "belongs to %s (%s): choose another folder with --out, or another name"
              .formatted(other, String.join("; ", differences)));
    }
  }
}
