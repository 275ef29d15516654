package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.diffusionnft.weights.io.JsonLines;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder of a run in stages: what it says of them, and going on across their borders. */
@Tag("slow")
class StagedRunTest {
  private static final int EPOCHS = 7;
  private static final List<String> RESULTS =
      List.of(
          "adapter/adapter_model.safetensors",
          "checkpoints/epoch-000007/manifest.json",
          "evaluations.jsonl",
          "held-out.jsonl",
          "prompts.jsonl");

  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void makeBase() throws IOException {
    config = TinyBase.stagedConfig(folder, TinyBase.write(folder), EPOCHS);
    Files.writeString(config, Files.readString(config) + "checkpoints: {keepLast: 9}\n");
  }

  private Path run(String name, Object... more) {
    Path out = folder.resolve(name);
    Object[] args = {"train", "-q", "--config", config, "--out", out};
    Object[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    dnft(all).succeeds();
    return out;
  }

  @Test
  void everyLineSaysItsStageAndEveryStageEndsWithAnEvaluation() throws IOException {
    edit("every: 2", "every: 4");
    Path out = run("out");
    assertEquals(
        List.of("first", "first", "second", "second", "second", "third", "third"),
        stages(out, "metrics.jsonl"));
    List<JsonNode> evaluations = JsonLines.read(out.resolve("evaluations.jsonl"));
    assertEquals(
        List.of(0, 2, 4, 5, 7),
        evaluations.stream().map(line -> line.path("epoch").asInt()).toList());
    assertEquals(
        List.of("first", "first", "second", "second", "third"), stages(out, "evaluations.jsonl"));
    assertEquals(stages(out, "evaluations.jsonl"), stages(out, "held-out.jsonl"));
    assertTrue(evaluations.getFirst().path("rewards").has("jpeg_compressibility"));
    assertTrue(evaluations.getFirst().path("rewards").has("shapes_graded"));
    JsonNode scores = JsonLines.read(out.resolve("held-out.jsonl")).get(2).path("scores");
    assertEquals(12, scores.path("colour").size());
    assertEquals(
        evaluations.get(2).path("rewards").path("colour").asDouble(),
        mean(scores.path("colour")),
        1e-5);
    for (int border : List.of(2, 5)) {
      assertTrue(Files.exists(out.resolve("checkpoints/epoch-00000" + border)));
    }
  }

  private static double mean(JsonNode numbers) {
    double sum = 0;
    for (JsonNode number : numbers) {
      sum += number.asDouble();
    }
    return sum / numbers.size();
  }

  private static List<String> stages(Path run, String file) throws IOException {
    return JsonLines.read(run.resolve(file)).stream()
        .map(line -> line.path("stage").asText())
        .toList();
  }

  /** As if it was killed after any of its checkpoints, at the borders too. */
  @Test
  void itGoesOnFromEveryCheckpointToTheSameBytes() throws IOException {
    Path whole = run("whole");
    Path again = run("again");
    for (int epoch = EPOCHS - 1; epoch >= 1; epoch--) {
      for (int later = EPOCHS; later > epoch; later--) {
        deleteTree(again.resolve("checkpoints/epoch-00000" + later));
      }
      deleteTree(again.resolve("adapter"));
      dnft("train", "-q", "--resume", again).succeeds();
      assertSame(whole, again, "from epoch " + epoch);
    }
    deleteTree(again.resolve("checkpoints"));
    deleteTree(again.resolve("adapter"));
    dnft("train", "-q", "--resume", again).succeeds();
    assertSame(whole, again, "from the beginning");
  }

  /** More epochs lengthen the last stage; fewer end the run before its later ones. */
  @Test
  void moreEpochsLengthenTheLastStage() throws IOException {
    Path whole = run("whole");
    Path longer = run("longer", "--epochs", 2);
    assertEquals(List.of("first", "first"), stages(longer, "metrics.jsonl"));
    dnft("train", "-q", "--resume", longer, "--epochs", 4).succeeds();
    dnft("train", "-q", "--resume", longer, "--epochs", 3)
        .refuses("--epochs is 3, but the run in " + longer + " has done 4");
    dnft("train", "-q", "--resume", longer, "--epochs", EPOCHS).succeeds();
    assertSame(whole, longer, "by and by");

    edit("epochs: 2, rewards", "epochs: 4, rewards");
    Path long9 = run("long9");
    dnft("train", "-q", "--resume", whole, "--epochs", 9).succeeds();
    assertArrayEquals(
        Files.readAllBytes(long9.resolve("adapter/adapter_model.safetensors")),
        Files.readAllBytes(whole.resolve("adapter/adapter_model.safetensors")));
    assertArrayEquals(
        Files.readAllBytes(long9.resolve("config.yaml")),
        Files.readAllBytes(whole.resolve("config.yaml")));
  }

  @Test
  void whatDoesNotFitIsToldBeforeTheRunStarts() throws IOException {
    Path out = folder.resolve("out");
    edit("rewards: {jpeg_compressibility: 100,", "rewards: {ocr: {command: cat},");
    dnft("train", "-q", "--config", config, "--out", out)
        .refuses("has no words in straight double quotes, which reward 'ocr' could look for");
    edit("rewards: {ocr: {command: cat},", "rewards: {beauty: 1,");
    dnft("train", "-q", "--config", config, "--out", out).refuses("there is no reward 'beauty'");
    edit("rewards: {beauty: 1,", "rewards: {shapes_graded: 1,");
    edit("rewards: {jpeg_compressibility: 0}", "rewards: {ocr: {command: cat}}");
    dnft("train", "-q", "--config", config, "--out", out)
        .refuses("has no words in straight double quotes, which reward 'ocr' could look for");
    assertFalse(Files.exists(out));
    edit("rewards: {ocr: {command: cat}}", "rewards: {jpeg_compressibility: 0}");
    Path run = run("run", "--epochs", 3);
    Path settings = run.resolve("config.yaml");
    Files.writeString(
        settings, Files.readString(settings).replace("guidanceBeta: 0.5", "guidanceBeta: 0.6"));
    dnft("train", "-q", "--resume", run)
        .refuses("stages.2.loss.guidanceBeta is 0.6, and was 0.5; a run cannot change what");
    dnft("train", "--config", "sd3-multi-reward", "--prompts", "mine.txt", "--out", out)
        .refuses("--prompts takes the place of prompts.source, but stage 'geneval' has its own");
  }

  private void edit(String old, String replacement) throws IOException {
    String text = Files.readString(config);
    assertTrue(text.contains(old), text);
    Files.writeString(config, text.replace(old, replacement));
  }

  private static void assertSame(Path expected, Path actual, String what) throws IOException {
    for (String file : RESULTS) {
      assertArrayEquals(
          Files.readAllBytes(expected.resolve(file)),
          Files.readAllBytes(actual.resolve(file)),
          file + " " + what);
    }
    assertEquals(
        stages(expected, "metrics.jsonl"), stages(actual, "metrics.jsonl"), "metrics " + what);
  }

  private static void deleteTree(Path root) throws IOException {
    if (Files.exists(root)) {
      try (var walk = Files.walk(root)) {
        for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
