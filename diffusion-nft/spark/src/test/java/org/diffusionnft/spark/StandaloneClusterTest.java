package org.diffusionnft.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever of a standalone cluster is killed, and whenever, a run ends in the bytes of one process.
 * {@code -Ddnft.kills=20} kills an executor in 15 runs and a worker in 5, the driver in 10, and
 * both an executor and the driver in 2 of each other kind of run; {@code -Ddnft.kills.seed} says
 * when.
 */
@Tag("slow")
@Tag("cluster")
class StandaloneClusterTest {
  private static final String KILLS = "dnft.kills";

  private final long seed = Long.getLong("dnft.kills.seed", System.nanoTime());
  private final int kills = Integer.getInteger(KILLS, 1);
  private final Random random = new Random(seed);

  @TempDir private Path folder;
  private StandaloneCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new StandaloneCluster(Files.createDirectory(folder.resolve("cluster")));
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void executorsAndWorkersThatDieChangeNothing() throws Exception {
    ClusterRun run = ClusterRun.STAGES;
    Path local = local(run);
    for (int i = 0; i < kills; i++) {
      Path out = folder.resolve("out" + i);
      SparkProcess driver = start(run, out);
      awaitRandomMoment(run, driver, out);
      if (i % 4 == 0) {
        cluster.killWorker(random);
      } else {
        killExecutor(driver);
      }
      driver.succeeds();
      ClusterRun.assertSameResults(local, out, said(i));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = KILLS, matches = "\\d+")
  void aKilledDriverIsGoneOnWith() throws Exception {
    ClusterRun run = ClusterRun.STAGES;
    Path local = local(run);
    for (int i = 0; i < Math.ceilDiv(kills, 2); i++) {
      Path out = folder.resolve("out" + i);
      SparkProcess driver = start(run, out);
      awaitRandomMoment(run, driver, out);
      driver.kill();
      resume(out, i % 2 == 0);
      ClusterRun.assertSameResults(local, out, said(i));
    }
  }

  /** An executor dies, then the driver. */
  @ParameterizedTest
  @EnabledIfSystemProperty(named = KILLS, matches = "\\d+")
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STAGES")
  void otherRunsAreNoDifferent(ClusterRun run) throws Exception {
    Path local = local(run);
    for (int i = 0; i < Math.ceilDiv(kills, 10); i++) {
      Path out = folder.resolve("out" + i);
      SparkProcess driver = start(run, out);
      awaitRandomMoment(run, driver, out);
      killExecutor(driver);
      driver.process().waitFor(random.nextLong(1000), TimeUnit.MILLISECONDS);
      driver.kill();
      resume(out, i % 2 == 0);
      ClusterRun.assertSameResults(local, out, said(i));
    }
  }

  private Path local(ClusterRun run) throws Exception {
    Path out = folder.resolve("local");
    SparkProcess.start(
            folder.resolve("local.log"), "train", "--config", run.settings(folder), "--out", out)
        .succeeds();
    return out;
  }

  private SparkProcess start(ClusterRun run, Path out) throws Exception {
    return SparkProcess.start(
        log(out),
        "train",
        "--config",
        run.settings(folder),
        "--out",
        out,
        "--spark-master",
        cluster.url(),
        "--threads",
        1);
  }

  private void resume(Path out, boolean onCluster) throws Exception {
    Path log = log(out.resolveSibling(out.getFileName() + "-resumed"));
    SparkProcess driver =
        onCluster
            ? SparkProcess.start(
                log, "train", "--resume", out, "--spark-master", cluster.url(), "--threads", 1)
            : SparkProcess.start(log, "train", "--resume", out);
    driver.succeeds();
  }

  private static Path log(Path out) {
    return out.resolveSibling(out.getFileName() + ".log");
  }

  /** In an epoch of chance, and somewhere in it; the run has its folder by then. */
  private void awaitRandomMoment(ClusterRun run, SparkProcess driver, Path out) throws Exception {
    int epochs = random.nextInt(run.epochs());
    Path awaited = out.resolve(epochs == 0 ? "config.yaml" : "metrics.jsonl");
    while (driver.process().isAlive()
        && (!Files.exists(awaited) || epochs > 0 && Files.readAllLines(awaited).size() < epochs)) {
      Thread.sleep(10);
    }
    driver.process().waitFor(random.nextLong(300), TimeUnit.MILLISECONDS);
  }

  /** As soon as there is one: the run may have just begun, or be replacing another. */
  private void killExecutor(SparkProcess driver) throws InterruptedException {
    while (driver.process().isAlive() && !cluster.killExecutor(random)) {
      Thread.sleep(10);
    }
  }

  private String said(int number) {
    return "run " + number + ", killed by seed " + seed;
  }
}
