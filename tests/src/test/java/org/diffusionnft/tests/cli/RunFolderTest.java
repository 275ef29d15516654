package org.diffusionnft.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.io.StrictJson;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What happens to the folder of a run: kills, hands, other processes, more epochs. */
@Tag("slow")
class RunFolderTest {
  private static final String ADAPTER = "adapter/adapter_model.safetensors";
  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
  private static final List<String> LOGS =
      List.of("metrics.jsonl", "evaluations.jsonl", "prompts.jsonl", "groups.jsonl");

  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void makeBase() throws IOException {
    config = TinyBase.config(folder, TinyBase.write(folder));
  }

  private void edit(Path file, String old, String replacement) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(old), text);
    Files.writeString(file, text.replace(old, replacement));
  }

  private Path run(String name, int epochs) {
    Path out = folder.resolve(name);
    dnft("train", "-q", "--config", config, "--out", out, "--epochs", epochs).succeeds();
    return out;
  }

  private static List<Long> evaluated(Path run) throws IOException {
    return Files.readAllLines(run.resolve("evaluations.jsonl")).stream()
        .map(line -> Long.valueOf(line.replaceAll("\\{\"epoch\":(\\d+),.*", "$1")))
        .toList();
  }

  private static void assertSame(Path expected, Path actual, String... files) throws IOException {
    for (String file : files) {
      assertArrayEquals(
          Files.readAllBytes(expected.resolve(file)),
          Files.readAllBytes(actual.resolve(file)),
          file);
    }
  }

  @Test
  void aFinishedRunIsLengthenedToTheSameBytes() throws IOException {
    edit(config, "every: 2", "every: 4");
    Path whole = run("whole", 6);
    assertEquals(List.of(4L, 6L), evaluated(whole));
    Path longer = run("longer", 5);
    assertEquals(List.of(4L, 5L), evaluated(longer), "the last epoch is always evaluated");
    dnft("train", "-q", "--resume", longer, "--epochs", 4)
        .refuses("--epochs is 4, but the run in " + longer + " has done 5");
    dnft("train", "-q", "--resume", longer, "--epochs", 6).succeeds();
    assertSame(
        whole,
        longer,
        ADAPTER,
        "config.yaml",
        "evaluations.jsonl",
        "prompts.jsonl",
        "checkpoints/epoch-000006/manifest.json");
    assertEquals(List.of(), RunPhase.hidden(longer));
    dnft("train", "-q", "--resume", longer).succeeds(); // finished: nothing more to do
    assertSame(whole, longer, ADAPTER, "evaluations.jsonl", "prompts.jsonl");
  }

  @Test
  void oneProcessAtATimeUsesARun() throws Exception {
    Path out = folder.resolve("run");
    Process owner =
        DnftProcess.start("train", "-q", "--config", config, "--out", out, "--epochs", 100_000);
    try {
      while (owner.isAlive() && !Files.exists(out.resolve("metrics.jsonl"))) {
        Thread.sleep(5);
      }
      dnft("train", "-q", "--resume", out)
          .refuses("is in use by process " + owner.pid() + " since ");
      dnft("train", "-q", "--config", config, "--out", out).refuses("isn't empty");
      dnft("report", out).succeeds();
      dnft("train", "--resume", out, "--print-config").succeeds();
      assertTrue(owner.isAlive());
    } finally {
      owner.destroyForcibly().waitFor();
    }
    int done = RunPhase.newestCheckpoint(out);
    dnft("train", "-q", "--resume", out, "--epochs", done + 1).succeeds();
    assertEquals(List.of(), RunPhase.hidden(out));
  }

  /**
   * The first signal saves what is done and says how to go on. {@code -Ddnft.signals=20} says how
   * often. Programs started in the background ignore some signals, and so do those that they start.
   */
  @Test
  void aSignalSavesAndSaysHowToGoOn() throws Exception {
    assumeTrue(ignoredSignals() == 0, "this process ignores a signal that would have to be sent");
    edit(config, "saveEvery: 1", "saveEvery: 0");
    Path whole = run("whole", 40);
    for (int i = 0; i < Integer.getInteger("dnft.signals", SIGNALS.size()); i++) {
      String signal = SIGNALS.get(i % SIGNALS.size());
      Path out = folder.resolve(signal + i);
      Process process =
          DnftProcess.builder(
                  List.of("-Xmx256m"), "train", "--config", config, "--out", out, "--epochs", 40)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      while (process.isAlive() && !Files.exists(out.resolve("metrics.jsonl"))) {
        Thread.sleep(1);
      }
      process.waitFor(i * 10, TimeUnit.MILLISECONDS); // another moment each time
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
      String said = new String(process.getErrorStream().readAllBytes(), UTF_8);
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), said);
      int code = process.exitValue();
      assertEquals(signal.equals("INT") ? 130 : signal.equals("TERM") ? 143 : 129, code, said);
      assertTrue(said.contains("go on with 'dnft train --resume " + out + "'"), said);
      int saved = RunPhase.newestCheckpoint(out);
      assertTrue(saved >= 1 && saved < 40, "saved after epoch " + saved);
      assertFalse(Files.exists(out.resolve("adapter")));
      assertEquals(List.of(), RunPhase.hidden(out));
      dnft("train", "-q", "--resume", out).succeeds();
      assertSame(whole, out, ADAPTER, "evaluations.jsonl", "prompts.jsonl");
    }
  }

  /** Which of the signals this process ignores, as bits; 0 where the system does not tell. */
  private static long ignoredSignals() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    String key = "SigIgn:";
    String mask =
        Files.readAllLines(status).stream().filter(l -> l.startsWith(key)).findFirst().orElse(key);
    long hangUp = 1;
    long interrupt = 1 << 1;
    long terminate = 1 << 14;
    return Long.parseUnsignedLong("0" + mask.substring(key.length()).strip(), 16)
        & (hangUp | interrupt | terminate);
  }

  /**
   * What a kill tore while it was written, between characters or in one, is written again. {@code
   * -Ddnft.torn=20} says how often.
   */
  @Test
  void tornLogsAreWrittenAgain() throws IOException {
    Path whole = run("whole", 6);
    Path begun = run("begun", 3);
    Random random = new Random(7);
    for (int i = 0; i < Integer.getInteger("dnft.torn", 3); i++) {
      Path torn = folder.resolve("torn" + i);
      copy(begun, torn);
      for (String log : LOGS) {
        byte[] written = Files.readAllBytes(whole.resolve(log));
        int saved = lengthTo(3, whole.resolve(log));
        int cut = saved + random.nextInt(written.length - saved + 1);
        Files.write(torn.resolve(log), Arrays.copyOf(written, cut));
      }
      dnft("train", "-q", "--resume", torn, "--epochs", 6).succeeds();
      assertSame(whole, torn, ADAPTER, "evaluations.jsonl", "prompts.jsonl", "groups.jsonl");
      assertEquals(6, Files.readAllLines(torn.resolve("metrics.jsonl")).size());
    }
  }

  /** How many bytes a log has to the end of an epoch. */
  private static int lengthTo(int epoch, Path log) throws IOException {
    int length = 0;
    for (String line : Files.readAllLines(log)) {
      if (new ObjectMapper().readTree(line).path("epoch").asInt() <= epoch) {
        length += line.getBytes(UTF_8).length + 1;
      }
    }
    return length;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** The folder that a shell completes to. */
  @Test
  void aCheckpointIsNoRun() throws IOException {
    Path run = run("run", 2);
    Path checkpoint = run.resolve("checkpoints/epoch-000002");
    dnft("train", "-q", "--resume", checkpoint)
        .refuses("is a checkpoint, not a run: give the folder of its run, " + run);
    dnft("train", "-q", "--resume", run, "--epochs", 3).succeeds();
  }

  @Test
  void aPageDoesNotReplaceARunsFile() throws IOException {
    Path run = run("run", 1);
    String before = Files.readString(run.resolve("config.yaml"));
    dnft("report", run, "--out", run.resolve("config.yaml"))
        .refuses("config.yaml would replace a file of " + run + ", which is read");
    assertEquals(before, Files.readString(run.resolve("config.yaml")));
    dnft("report", run, "--out", run.resolve("page.html")).succeeds();
    dnft("report", run, "--out", run.resolve("page.html")).succeeds();
  }

  @Test
  void missingMetricsAreToldAndAFolderInTheirPlaceIsNamed() throws IOException {
    Path run = run("run", 2);
    Path metrics = run.resolve("metrics.jsonl");
    Files.delete(metrics);
    String said = dnft("train", "--resume", run, "--epochs", 3).succeeds().err();
    assertTrue(said.contains("metrics.jsonl: has 0 of 2 epochs; reports"), said);
    Files.delete(metrics);
    Files.createDirectory(metrics);
    dnft("train", "-q", "--resume", run, "--epochs", 4).refuses("metrics.jsonl: is no file");
  }

  /** Numbers that would make the policy one that is none: checksums alone do not tell. */
  @ParameterizedTest
  @CsvSource({
    "'',step,-4,has a number 'step' that no run can have: -4",
    "'',step,9223372036854775807,'has step 9223372036854775807, but after 2 epochs'",
    "'',version,1.5,is of version 1.5",
    "/statistics,promptsSeen,9999999999,has a number 'promptsSeen' that no run can have"
  })
  void numbersThatNoRunHasAreDamage(String at, String key, BigDecimal number, String message)
      throws IOException {
    Path run = run("run", 2);
    Path checkpoint = run.resolve("checkpoints/epoch-000002");
    Path progress = checkpoint.resolve("progress.json");
    JsonNode json = StrictJson.readObject(progress);
    ((ObjectNode) json.at(at)).set(key, new ObjectMapper().readTree(number.toPlainString()));
    StrictJson.write(progress, (ObjectNode) json);
    renewChecksums(checkpoint);
    String said = dnft("train", "--resume", run, "--epochs", 3).succeeds().err();
    assertTrue(said.contains("epoch-000002 is damaged"), said);
    assertTrue(said.contains(message), said);
  }

  @ParameterizedTest
  @CsvSource({
    "policy.,NaN,holds NaN at number 0: the file is damaged",
    "first_moment.,Infinity,holds an infinite number at number 0: the file is damaged",
    "'second_moment.',-1,is a mean of squares"
  })
  void aStateThatIsNoneIsRefused(String tensor, float value, String message) throws IOException {
    Path run = run("run", 2);
    Path checkpoint = run.resolve("checkpoints/epoch-000002");
    damage(checkpoint.resolve("state.safetensors"), tensor, value);
    renewChecksums(checkpoint);
    dnft("train", "-q", "--resume", run, "--epochs", 3).refuses(message);
  }

  /** Sets the first number of the first tensor whose name begins so. */
  private static void damage(Path file, String tensor, float value) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(all.getLong(0));
    JsonNode header = new ObjectMapper().readTree(new String(bytes, 8, length, UTF_8));
    for (var entry : header.properties()) {
      if (entry.getKey().startsWith(tensor)) {
        all.putFloat(8 + length + entry.getValue().at("/data_offsets/0").asInt(), value);
        Files.write(file, bytes);
        return;
      }
    }
    throw new AssertionError("no tensor " + tensor);
  }

  private static void renewChecksums(Path checkpoint) throws IOException {
    Path manifest = checkpoint.resolve("manifest.json");
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(manifest.toFile());
    for (var entry : json.path("files").properties()) {
      Path file = checkpoint.resolve(entry.getKey());
      ((ObjectNode) entry.getValue())
          .put("bytes", Files.size(file))
          .put("sha256", Sha256.of(Files.readAllBytes(file)));
    }
    StrictJson.write(manifest, json);
  }

  @Test
  void editsOfSettingsAreTakenOrRefusedButNeverIgnored() throws IOException {
    Path run = run("run", 2);
    edit(run.resolve("config.yaml"), "epochs: 2", "epochs: 3");
    CommandLine longer = dnft("train", "-q", "--resume", run);
    longer.succeeds();
    assertTrue(
        longer
            .err()
            .contains(
                "config.yaml was edited after checkpoint epoch-000002 was saved: epochs is 3, and"
                    + " was 2; the new settings count from here on"),
        longer.err());
    assertSame(run("whole", 3), run, ADAPTER);
    edit(run.resolve("config.yaml"), "learningRate: 0.01", "learningRate: 0.02");
    dnft("train", "-q", "--resume", run)
        .refuses("was edited after epoch 3 was saved: training.learningRate is 0.02, and was 0.01");
    edit(run.resolve("config.yaml"), "learningRate: 0.02", "learningRate: 0.01");
    edit(run.resolve("config.yaml"), "epochs: 3", "epochs: 1");
    dnft("train", "-q", "--resume", run).refuses("config.yaml: epochs is 1, but the run in ");
  }

  @Test
  void checkpointsAreSkippedWhateverTheDamage() throws IOException {
    Path whole = run("whole", 3);
    Path run = run("run", 3);
    Path checkpoints = run.resolve("checkpoints");
    Path manifest = checkpoints.resolve("epoch-000003/manifest.json");
    ObjectNode json = StrictJson.readObject(manifest);
    ((ObjectNode) json.path("files")).putObject("a\0b").put("bytes", 1).put("sha256", "");
    StrictJson.write(manifest, json);
    Files.createDirectory(checkpoints.resolve("epoch-99999999999999999999"));
    Files.createDirectory(checkpoints.resolve("epoch-999999999999999999"));
    Files.writeString(checkpoints.resolve("epoch-000007"), "a file");
    CommandLine resumed = dnft("train", "-q", "--resume", run);
    resumed.succeeds();
    for (String name : List.of("epoch-999999999999999999", "epoch-000007", "epoch-000003")) {
      String sentence = "skipped: checkpoint " + name + " is damaged: ";
      assertTrue(resumed.err().contains(sentence), resumed.err());
    }
    assertSame(whole, run, ADAPTER, "checkpoints/epoch-000003/manifest.json");
  }

  @Test
  void damagedJournalsAreRepairedAndTold() throws IOException {
    Path whole = run("whole", 3);
    Path run = run("run", 2);
    for (String name :
        List.of("metrics.jsonl", "prompts.jsonl", "groups.jsonl", "evaluations.jsonl")) {
      byte[] bytes = Files.readAllBytes(run.resolve(name));
      bytes[bytes.length / 3] = (byte) 0xff;
      Files.write(run.resolve(name), bytes);
    }
    CommandLine resumed = dnft("train", "-q", "--resume", run, "--epochs", 3);
    resumed.succeeds();
    assertTrue(
        resumed.err().contains("metrics.jsonl: line 1 is not UTF-8 text; it is left out, and kept"),
        resumed.err());
    assertSame(whole, run, ADAPTER);
    assertEquals(2, Files.readAllLines(run.resolve("metrics.jsonl")).size());
    dnft("report", run).succeeds();
  }

  @Test
  void leftoversAreSwept() throws IOException {
    Path run = run("run", 2);
    Path half = Files.createDirectory(run.resolve(".adapter.12ab34cd56ef7890.tmp"));
    Files.writeString(half.resolve("adapter_config.json"), "{");
    Files.writeString(run.resolve(".config.yaml.1f.tmp"), "epo");
    Files.writeString(run.resolve(".lock"), "process 1 since long ago");
    Files.createDirectory(run.resolve("checkpoints/.epoch-000003.77.tmp"));
    dnft("train", "-q", "--resume", run).succeeds();
    assertEquals(List.of(), RunPhase.hidden(run));
    assertEquals(List.of(), RunPhase.hidden(run.resolve("checkpoints")));
  }

  /** Killed before its settings were written, a run is none, and its folder is free. */
  @Test
  void aFolderOfAStartThatWasKilledIsFree() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve(".lock"), "process 1 since long ago");
    Files.writeString(out.resolve(".config.yaml.1f.tmp"), "epo");
    dnft("train", "-q", "--resume", out).refuses("it has no config.yaml; start one there with");
    run("out", 1);
    assertEquals(List.of(), RunPhase.hidden(out));
  }

  @Test
  void whatCannotBeWrittenIsToldBeforeAnyWork() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    dnft("train", "--config", config, "--out", file).refuses("a file of that name exists");
    dnft("train", "--config", config, "--out", file.resolve("run")).refuses("is a file, not a");
    Path picture = folder.resolve("no/such/folder/x.png");
    dnft("sample", "--prompt", "a red circle", "--out", picture)
        .refuses("cannot write " + picture + ": there is no folder ");
    dnft("sample", "--prompt", "a red circle", "--out", folder.resolve("x.png"), "--count", 10_000)
        .refuses("a sheet of 10000 pictures has more pixels than fit into memory: give --count ");
    dnft(
            "sample",
            "--prompt",
            "a red circle",
            "--out",
            folder.resolve("x.png"),
            "--threads",
            1_000_000)
        .refuses("threads must be at most 1024, not 1000000");
    assertFalse(Files.exists(folder.resolve("x.png")));
  }

  /** Prompts that a reward can make nothing of are told before the run has a folder. */
  @Test
  void promptsAreCheckedWhenTheRunStarts() throws IOException {
    edit(config, "rewards: {shapes_graded: 1, shapes_strict: 0}", "rewards: {ocr: {command: cat}}");
    Path out = folder.resolve("out");
    dnft("train", "--config", config, "--out", out)
        .refuses("has no words in straight double quotes, which reward 'ocr' could look for");
    assertFalse(Files.exists(out));
  }
}
