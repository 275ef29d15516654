package org.diffusionnft.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.trainer.Rollout;
import org.diffusionnft.trainer.TinyRun;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that a run leaves to look at. */
class RunJournalTest {
  private static final List<Prompt> PROMPTS =
      List.of(Prompt.of("a"), Prompt.of("a"), Prompt.of("b"), Prompt.of("b"));

  private final TinyRun run = new TinyRun();
  private final TrainConfig config = TinyRun.config("");
  @TempDir Path folder;

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void promptsGroupsAndSheetsAreWritten() throws IOException {
    try (RunJournal journal = RunJournal.open(folder, config, task(), 0)) {
      journal.scored(rollout(0, 0.1f, 0.3f, 0.2f, 0.9f), new double[][] {{-1}, {1}, {-2}, {5}});
      journal.epochDone(1, "{\"epoch\": 1, \"reward\": 0.375, \"loss\": {\"policy\": 2}}");
      journal.evaluated(1, evaluation());
    }
    List<JsonNode> prompts = JsonLines.read(folder.resolve("prompts.jsonl"));
    assertEquals(2, prompts.size());
    assertEquals(0.2, prompts.getFirst().path("scores").path("a").asDouble(), 1e-9);
    assertTrue(prompts.getLast().path("held_out").asBoolean());

    JsonNode group = JsonLines.read(folder.resolve("groups.jsonl")).getFirst();
    assertEquals("b", group.path("prompt").asText(), "the prompt whose images differ most");
    assertEquals(0.9, group.path("best").path("reward").asDouble(), 1e-6);
    assertEquals(1, group.path("best").path("r").asDouble(), 1e-9);
    Path best = folder.resolve(group.path("best").path("image").asText());
    assertEquals(128, ImageIO.read(best.toFile()).getWidth());

    assertTrue(Files.exists(folder.resolve("samples/epoch-000001.png")));
    assertEquals("c\n", Files.readString(folder.resolve("samples/captions.txt")));
    try (Stream<Path> files = Files.list(folder)) {
      assertTrue(files.anyMatch(f -> f.getFileName().toString().startsWith("events.out.tfevents")));
    }
  }

  @Test
  void whatAKilledRunWroteTooMuchIsDropped() throws IOException {
    try (RunJournal journal = RunJournal.open(folder, config, task(), 0)) {
      for (int epoch = 0; epoch < 3; epoch++) {
        journal.scored(rollout(epoch, 0, 1, 0, 1), new double[][] {{0}, {0}, {0}, {0}});
      }
    }
    Files.writeString(
        folder.resolve("prompts.jsonl"),
        "{\"epoch\": 4, \"hel",
        java.nio.file.StandardOpenOption.APPEND);
    RunJournal.open(folder, config, task(), 2).close();
    List<JsonNode> prompts = JsonLines.read(folder.resolve("prompts.jsonl"));
    assertEquals(List.of(1, 2), prompts.stream().map(line -> line.path("epoch").asInt()).toList());
  }

  @Test
  void fullDiskIsToldWithTheFile() throws IOException {
    Path full = Path.of("/dev/full"); // of Linux: every write to it fails
    assumeTrue(Files.exists(full));
    Path prompts = folder.resolve("prompts.jsonl");
    try (RunJournal journal = RunJournal.open(folder, config, task(), 0)) {
      Files.createSymbolicLink(prompts, full);
      Rollout rollout = rollout(0, 0.1f, 0.3f, 0.2f, 0.9f);
      double[][] advantages = {{-1}, {1}, {-2}, {5}};
      UncheckedIOException e =
          assertThrows(UncheckedIOException.class, () -> journal.scored(rollout, advantages));
      assertEquals(
          "cannot write " + prompts + ": no space left on device", e.getCause().getMessage());
    }
  }

  private static Rollout rollout(long epoch, float... scores) {
    float[][] latents = new float[4][2 * 4 * 4];
    Map<String, float[]> components = new LinkedHashMap<>();
    components.put("brightness", scores);
    return new Rollout(
        epoch,
        PROMPTS,
        image -> new Rollout.Made(latents[image], new float[0]),
        new Scores(scores, new LinkedHashMap<>(components)));
  }

  private static Evaluation evaluation() {
    ObjectNode numbers = StrictJson.object();
    numbers.put("total", 0.5);
    Pixels grey = new Pixels(4, 4, new byte[3 * 4 * 4]);
    return new Evaluation("half", numbers, List.of("c"), List.of(grey), List.of(0.5));
  }

  /** The tiny task, whose latents of two channels become pictures of three. */
  private TrainingTask task() {
    TrainingTask tiny = run.task(config);
    return new TrainingTask(
        tiny.model(),
        tiny.latents(),
        tiny.encoder(),
        latents -> new Images(new float[3 * 4 * 4], 3, 4, 4),
        tiny.rewards(),
        tiny.randomness());
  }
}
