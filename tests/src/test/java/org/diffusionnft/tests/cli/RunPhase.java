package org.diffusionnft.tests.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a run was doing when it was killed, by what it left behind. */
enum RunPhase {
  SAMPLING,
  TRAINING,
  EVALUATING,
  WRITING_CHECKPOINT,
  WRITING_ADAPTER;

  static RunPhase of(Path run, int epochs) throws IOException {
    int saved = newestCheckpoint(run);
    if (hidden(run.resolve("checkpoints")).stream().anyMatch(name -> !name.contains("deleted"))) {
      return WRITING_CHECKPOINT;
    }
    if (saved == epochs) {
      return WRITING_ADAPTER;
    }
    if (lines(run.resolve("metrics.jsonl")) > saved) {
      return EVALUATING;
    }
    Path prompts = run.resolve("prompts.jsonl");
    boolean scored =
        Files.exists(prompts)
            && Files.readString(prompts).contains("{\"epoch\":" + (saved + 1) + ",");
    return scored ? TRAINING : SAMPLING;
  }

  static int newestCheckpoint(Path run) throws IOException {
    return names(run.resolve("checkpoints")).stream()
        .filter(name -> name.startsWith("epoch-"))
        .mapToInt(name -> Integer.parseInt(name.substring(6)))
        .max()
        .orElse(0);
  }

  /** TensorBoard's files: each process that trains begins one when it begins to train. */
  static int eventFiles(Path run) throws IOException {
    return (int) names(run).stream().filter(name -> name.contains("tfevents")).count();
  }

  /** What is not there yet, or no longer, for those who look. */
  static List<String> hidden(Path folder) throws IOException {
    return names(folder).stream().filter(name -> name.startsWith(".")).toList();
  }

  private static int lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(f -> f.getFileName().toString()).toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }
}
