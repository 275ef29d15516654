package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.diffusionnft.trainer.cli.Dnft;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainTest {
  private static final List<String> RESULTS =
      List.of("adapter/adapter_model.safetensors", "state.safetensors", "evaluations.jsonl");

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
    Process process = start("train", "--config", config, "--out", killed);
    Path state = killed.resolve("state.safetensors");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!Files.exists(state) && process.isAlive() && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor();
    assertTrue(Files.exists(state), "no state after two minutes");

    dnft("train", "--resume", killed).succeeds();
    for (String file : RESULTS) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(killed.resolve(file)), file);
    }
    assertEquals(4, Files.readAllLines(killed.resolve("metrics.jsonl")).size());
  }

  @Test
  void aFinishedRunThatIsResumedStaysAsItIs() throws IOException {
    Path out = folder.resolve("out");
    dnft("train", "--config", config, "--out", out, "--epochs", 1).succeeds();
    byte[] before = Files.readAllBytes(out.resolve("state.safetensors"));
    dnft("train", "--resume", out).succeeds();
    assertArrayEquals(before, Files.readAllBytes(out.resolve("state.safetensors")));
  }

  @Test
  void wrongInputIsRefusedInOneSentence() throws IOException {
    Path out = folder.resolve("out");
    dnft("train", "--out", out).refuses("either --config FILE or --resume DIR");
    dnft("train", "--config", folder.resolve("none.yaml"), "--out", out).refuses("none.yaml");
    dnft("train", "--resume", folder.resolve("none")).refuses("state.safetensors: no such file");
    dnft("train", "--resume", folder, "--seed", 3).refuses("leave out --epochs, --seed and --out");

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

  private static Process start(Object... args) throws IOException {
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path").replace("\n", File.pathSeparator),
                Dnft.class.getName()));
    for (Object arg : args) {
      command.add(arg.toString());
    }
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
