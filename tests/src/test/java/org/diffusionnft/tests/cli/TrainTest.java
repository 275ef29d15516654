package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class TrainTest {
  private static final List<String> RESULTS =
      List.of(
          "adapter/adapter_model.safetensors",
          "checkpoints/epoch-000004/manifest.json",
          "evaluations.jsonl");

  private static final String STATE = "checkpoints/epoch-000001/state.safetensors";

  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void makeBase() throws IOException {
    config = TinyBase.config(folder, TinyBase.write(folder));
  }

  /** Killed at any moment and resumed, a run ends with the bytes of one that was never killed. */
  @Test
  void aKilledRunGoesOnToTheSameBytes() throws Exception {
    Path whole = folder.resolve("whole");
    dnft("train", "--config", config, "--out", whole).succeeds();

    Path killed = folder.resolve("killed");
    Process process = DnftProcess.start("train", "--config", config, "--out", killed);
    Path state = killed.resolve("checkpoints/epoch-000001");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(240);
    while (!Files.exists(state) && process.isAlive() && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor();
    assertTrue(Files.exists(killed.resolve("checkpoints")), "no checkpoint after four minutes");

    dnft("train", "--resume", killed).succeeds();
    for (String file : RESULTS) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(killed.resolve(file)), file);
    }
    assertEquals(4, Files.readAllLines(killed.resolve("metrics.jsonl")).size());
  }

  @Test
  void aDamagedCheckpointIsNamedAndSkipped() throws IOException {
    Path whole = folder.resolve("whole");
    dnft("train", "--config", config, "--out", whole).succeeds();
    byte[] adapter = Files.readAllBytes(whole.resolve(RESULTS.getFirst()));
    Path newest = whole.resolve("checkpoints/epoch-000004");
    List<String> files = filesIn(newest);
    assertTrue(files.containsAll(List.of("manifest.json", "state.safetensors")), files.toString());
    Random random = new Random(files.hashCode());
    for (String file : files) {
      for (boolean truncated : new boolean[] {true, false}) {
        Path damaged = newest.resolve(file);
        byte[] bytes = Files.readAllBytes(damaged);
        byte[] changed = bytes.clone();
        changed[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        // one byte short is the hardest to see
        Files.write(damaged, truncated ? Arrays.copyOf(bytes, bytes.length - 1) : changed);
        deleteTree(whole.resolve("adapter"));
        CommandLine resumed = dnft("train", "--resume", whole);
        assertEquals(0, resumed.exitCode(), resumed.err());
        assertTrue(
            resumed.err().contains("checkpoint epoch-000004 is damaged"), file + resumed.err());
        // A manifest whose digits have changed accuses the file that they are about.
        assertTrue(resumed.err().contains(file) || file.equals("manifest.json"), resumed.err());
        assertTrue(resumed.err().contains("epoch-000003"), resumed.err());
        assertArrayEquals(adapter, Files.readAllBytes(whole.resolve(RESULTS.getFirst())), file);
        assertArrayEquals(bytes, Files.readAllBytes(damaged), "was not written again: " + file);
      }
    }
    for (String epoch : List.of("epoch-000002", "epoch-000003", "epoch-000004")) {
      Files.delete(whole.resolve("checkpoints").resolve(epoch).resolve("config.yaml"));
    }
    dnft("train", "--resume", whole).refuses("holds no intact checkpoint to go on from");
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (var walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile)
          .map(f -> folder.relativize(f).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void theNewestAndTheBestCheckpointsAreKept() throws IOException {
    Path out = folder.resolve("out");
    Path settings =
        Files.writeString(
            folder.resolve("keep.yaml"),
            Files.readString(config) + "checkpoints: {keepLast: 2, keepBest: 1}\n");
    dnft("train", "--config", settings, "--out", out, "--epochs", 6).succeeds();
    List<String> kept;
    try (var entries = Files.list(out.resolve("checkpoints"))) {
      kept = entries.map(f -> f.getFileName().toString()).sorted().toList();
    }
    assertTrue(kept.containsAll(List.of("epoch-000005", "epoch-000006")), kept.toString());
    assertTrue(kept.size() <= 3, kept.toString());
    double best = -1;
    String bestName = "";
    for (String line : Files.readAllLines(out.resolve("evaluations.jsonl"))) {
      double score = Double.parseDouble(line.replaceAll(".*\"total\":([0-9.]+).*", "$1"));
      if (score >= best) {
        best = score;
        bestName = "epoch-00000" + line.replaceAll(".*\"epoch\":(\\d+).*", "$1");
      }
    }
    assertTrue(kept.contains(bestName), bestName + " is the best, but kept are " + kept);
  }

  @Test
  void divergingIsToldInOneSentence() throws IOException {
    Path settings =
        Files.writeString(
            folder.resolve("wild.yaml"),
            Files.readString(config).replace("learningRate: 1e-2", "learningRate: 1e30"));
    CommandLine done =
        dnft("train", "--config", settings, "--out", folder.resolve("out"), "--quiet");
    done.refuses("training diverged: the ");
  }

  @Test
  void grpoTrainsAndGoesOnToo() throws IOException {
    String grpo =
        Files.readString(config)
            .replace(
                "steps: 4, shift: 1,", "steps: 4, solver: flow, deterministic: false, shift: 1,");
    Path settings = Files.writeString(folder.resolve("grpo.yaml"), grpo + "algorithm: grpo\n");
    Path whole = folder.resolve("whole");
    dnft("train", "--config", settings, "--out", whole).succeeds();
    Path again = folder.resolve("again");
    dnft("train", "--config", settings, "--out", again).succeeds();
    deleteTree(again.resolve("checkpoints/epoch-000004"));
    deleteTree(again.resolve("checkpoints/epoch-000003"));
    deleteTree(again.resolve("adapter"));
    dnft("train", "--resume", again).succeeds();
    assertArrayEquals(
        Files.readAllBytes(whole.resolve(RESULTS.getFirst())),
        Files.readAllBytes(again.resolve(RESULTS.getFirst())));
  }

  @Test
  void aFinishedRunThatIsResumedStaysAsItIs() throws IOException {
    Path out = folder.resolve("out");
    dnft("train", "--config", config, "--out", out, "--epochs", 1).succeeds();
    byte[] before = Files.readAllBytes(out.resolve(STATE));
    dnft("train", "--resume", out).succeeds();
    assertArrayEquals(before, Files.readAllBytes(out.resolve(STATE)));
  }

  @Test
  void wrongInputIsRefusedInOneSentence() throws IOException {
    Path out = folder.resolve("out");
    dnft("train", "--out", out).refuses("either --config FILE or --resume DIR");
    dnft("train", "--config", folder.resolve("none.yaml"), "--out", out).refuses("none.yaml");
    dnft("train", "--resume", folder.resolve("none"))
        .refuses("is not the folder of a training run");
    dnft("train", "--resume", folder, "--seed", 3).refuses("leave out --seed, --out");

    refuses("learningRat: 1", "learningRat", out);
    refuses("rewards: {beauty: 1}", "there is no reward 'beauty'", out);
    refuses("model: " + folder.resolve("nothing"), "nothing", out);
    refuses("prompts: {source: geneval}", "prompts come from a .txt or .jsonl file", out);
    assertFalse(Files.exists(out));
  }

  private void refuses(String line, String part, Path out) throws IOException {
    String key = line.substring(0, line.indexOf(':') + 1);
    StringBuilder text = new StringBuilder();
    for (String old : Files.readAllLines(config)) {
      text.append(old.startsWith(key) ? "" : old + "\n");
    }
    Path wrong = Files.writeString(folder.resolve("wrong.yaml"), text + line + "\n");
    dnft("train", "--config", wrong, "--out", out).refuses(part);
  }

  private static void deleteTree(Path root) throws IOException {
    try (var walk = Files.walk(root)) {
      for (Path path : walk.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
