package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random moments. {@code -Ddnft.kills=50} says how often, {@code -Ddnft.kills.seed}
 * when.
 */
class KillTest {
  private static final int EPOCHS = 8;
  private static final String ADAPTER = "adapter/adapter_model.safetensors";

  @TempDir private Path folder;

  @Test
  void everyKilledRunGoesOnToTheSameBytes() throws Exception {
    int kills = Integer.getInteger("dnft.kills", 2);
    Random random = new Random(Long.getLong("dnft.kills.seed", System.nanoTime()));
    Path config = TinyBase.config(folder, TinyBase.write(folder));

    Path whole = folder.resolve("whole");
    long started = System.nanoTime();
    Process undisturbed = start(config, whole);
    assertEquals(0, undisturbed.waitFor());
    long duration = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
    byte[] expected = Files.readAllBytes(whole.resolve(ADAPTER));

    int[] killedAt = new int[EPOCHS + 2];
    for (int kill = 0; kill < kills; kill++) {
      Path out = folder.resolve("run" + kill);
      Process process = start(config, out);
      long moment = random.nextLong(duration);
      process.waitFor(moment, TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
      killedAt[checkpoints(out)]++;
      if (Files.exists(out.resolve("config.yaml"))) {
        dnft("train", "--resume", out).succeeds();
      } else {
        dnft("train", "--config", config, "--out", out, "--epochs", EPOCHS).succeeds();
      }
      assertArrayEquals(
          expected,
          Files.readAllBytes(out.resolve(ADAPTER)),
          "kill " + kill + " after " + moment + " ms");
      assertEquals(EPOCHS, Files.readAllLines(out.resolve("metrics.jsonl")).size());
    }
    System.out.printf(
        "%d kills within %d ms, by the newest checkpoint's epoch: %s%n",
        kills, duration, java.util.Arrays.toString(killedAt));
  }

  private static Process start(Path config, Path out) throws IOException {
    return DnftProcess.start("train", "--config", config, "--out", out, "--epochs", EPOCHS);
  }

  private static int checkpoints(Path out) throws IOException {
    Path folder = out.resolve("checkpoints");
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (var entries = Files.list(folder)) {
      return entries
          .map(f -> f.getFileName().toString())
          .filter(name -> name.startsWith("epoch-"))
          .mapToInt(name -> Integer.parseInt(name.substring(6)))
          .max()
          .orElse(0);
    }
  }
}
