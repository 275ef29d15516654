package org.diffusionnft.tests.cli;

import static org.diffusionnft.tests.cli.CommandLine.dnft;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random moments of the training itself: each run is killed several times, goes on each
 * time, and has to end in the bytes of a run that was left alone. {@code -Ddnft.kills=50} says how
 * often, {@code -Ddnft.kills.seed} when.
 */
@Tag("slow")
class KillTest {
  private static final int EPOCHS = 24;
  private static final int KILLS_PER_RUN = 5;

  /** One of this many kills waits for a checkpoint that is being written: they are short. */
  private static final int AIMED_EVERY = 5;

  private static final List<String> RESULTS =
      List.of(
          "adapter/adapter_model.safetensors",
          "adapter/adapter_config.json",
          "checkpoints/epoch-0000" + EPOCHS + "/manifest.json",
          "evaluations.jsonl");

  @TempDir private Path folder;
  private final Map<RunPhase, Integer> killedIn = new EnumMap<>(RunPhase.class);
  private Path config;
  private Random random;
  private long training;

  @Test
  void everyKilledRunGoesOnToTheSameBytes() throws Exception {
    config = TinyBase.config(folder, TinyBase.write(folder));
    killAndGoOn(RESULTS);
  }

  @Test
  void everyKilledRunOfStagesGoesOnToTheSameBytes() throws Exception {
    config = TinyBase.stagedConfig(folder, TinyBase.write(folder), EPOCHS);
    List<String> results = new ArrayList<>(RESULTS);
    results.add("held-out.jsonl");
    killAndGoOn(results);
  }

  private void killAndGoOn(List<String> results) throws Exception {
    int kills = Integer.getInteger("dnft.kills", 3);
    long seed = Long.getLong("dnft.kills.seed", System.nanoTime());
    random = new Random(seed);

    Path whole = folder.resolve("whole");
    Process undisturbed = start(whole);
    awaitTraining(undisturbed, whole, 0);
    long started = System.nanoTime();
    assertEquals(0, undisturbed.waitFor());
    training = System.nanoTime() - started;

    int done = 0;
    int runs = 0;
    for (; done < kills; runs++) {
      Path out = folder.resolve("run" + runs);
      done += killSeveralTimes(out, done, Math.min(KILLS_PER_RUN, kills - done));
      dnft("train", "--resume", out, "--quiet").succeeds();
      String context = "run " + runs + " of seed " + seed;
      for (String file : results) {
        assertArrayEquals(
            Files.readAllBytes(whole.resolve(file)),
            Files.readAllBytes(out.resolve(file)),
            file + " of " + context);
      }
      assertEquals(EPOCHS, Files.readAllLines(out.resolve("metrics.jsonl")).size(), context);
      assertEquals(
          Files.readAllLines(whole.resolve("prompts.jsonl")),
          Files.readAllLines(out.resolve("prompts.jsonl")),
          context);
      assertEquals(List.of(), RunPhase.hidden(out), context);
      assertEquals(List.of(), RunPhase.hidden(out.resolve("checkpoints")), context);
    }
    System.out.printf(
        "%d kills in %d runs of %d ms (seed %d): %s%n",
        done, runs, training / 1_000_000, seed, killedIn);
    assertTrue(
        kills < 50 || killedIn.containsKey(RunPhase.WRITING_CHECKPOINT), killedIn.toString());
  }

  /**
   * Kills a run at moments that are spread evenly over its training.
   *
   * @param before kills of earlier runs
   * @return how many times it was killed: less than wanted if it came to its end first
   */
  private int killSeveralTimes(Path out, int before, int wanted) throws Exception {
    long[] moments = random.longs(wanted, 0, training).sorted().toArray();
    for (int i = 0; i < wanted; i++) {
      long alreadyDone = training * RunPhase.newestCheckpoint(out) / EPOCHS;
      int files = RunPhase.eventFiles(out);
      Process process = i == 0 ? start(out) : DnftProcess.start("train", "--resume", out);
      awaitTraining(process, out, files);
      process.waitFor(Math.max(0, moments[i] - alreadyDone), TimeUnit.NANOSECONDS);
      if ((before + i) % AIMED_EVERY == AIMED_EVERY - 1) {
        awaitCheckpoint(process, out);
      }
      boolean finished = !process.isAlive();
      process.destroyForcibly().waitFor();
      if (finished) {
        assertEquals(0, process.exitValue());
        return i;
      }
      killedIn.merge(RunPhase.of(out, EPOCHS), 1, Integer::sum);
    }
    return wanted;
  }

  private Process start(Path out) throws IOException {
    return DnftProcess.start("train", "--config", config, "--out", out, "--epochs", EPOCHS);
  }

  /** Starting Java and loading a model take longer than this training, and change nothing. */
  private static void awaitTraining(Process process, Path out, int eventFiles) throws IOException {
    while (process.isAlive() && RunPhase.eventFiles(out) == eventFiles) {
      LockSupport.parkNanos(500_000);
    }
  }

  private void awaitCheckpoint(Process process, Path out) throws IOException {
    while (process.isAlive() && RunPhase.hidden(out.resolve("checkpoints")).isEmpty()) {
      Thread.onSpinWait();
    }
    LockSupport.parkNanos(random.nextLong(5_000_000));
  }
}
