package org.diffusionnft.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One process, and two executors of which some are killed, end in the same bytes, in a run of two
 * stages. {@code -Ddnft.kills=20} says in how many runs an executor is killed, {@code
 * -Ddnft.kills.seed} when.
 */
@Tag("slow")
@Tag("cluster")
class SameBytesClusterTest {
  private static final String CLUSTER = "local-cluster[2,1,1024]";
  @TempDir private Path folder;

  @Test
  void aClusterWhoseExecutorsDieEndsInTheBytesOfOneProcess() throws Exception {
    ClusterRun settings = ClusterRun.STAGES;
    Path config = settings.settings(folder);
    Path local = folder.resolve("local");
    SparkProcess.start(folder.resolve("local.log"), "train", "--config", config, "--out", local)
        .succeeds();

    long seed = Long.getLong("dnft.kills.seed", System.nanoTime());
    Random random = new Random(seed);
    int kills = Integer.getInteger("dnft.kills", 1);
    for (int i = 0; i < kills; i++) {
      Path out = folder.resolve("cluster" + i);
      SparkProcess run =
          SparkProcess.start(
              folder.resolve("cluster" + i + ".log"),
              "train",
              "--config",
              config,
              "--out",
              out,
              "--spark-master",
              CLUSTER);
      // The first of its results is there: it is in the middle of its second epoch.
      awaitMetrics(run, out);
      run.process().waitFor(random.nextLong(500), TimeUnit.MILLISECONDS);
      List<ProcessHandle> executors = run.executors();
      assertFalse(executors.isEmpty(), () -> "no executor to kill: " + run.said());
      executors.get(random.nextInt(executors.size())).destroyForcibly();
      run.succeeds();
      ClusterRun.assertSameResults(local, out, "killed by seed " + seed);
      String members = Files.readString(out.resolve("executors.jsonl"));
      for (int epoch = 1; epoch <= settings.epochs(); epoch++) {
        // One at least: while a killed executor is replaced, the other may do all of an epoch.
        assertTrue(members.contains("{\"epoch\":" + epoch + ","), members);
      }
    }
    assertFalse(Files.exists(local.resolve("executors.jsonl")));
  }

  /**
   * The prompts of two stages have one name, one of them is a folder, and the model is sent along.
   */
  @Test
  void whatIsSentAlongGivesTheSameBytes() throws Exception {
    Path model = folder.resolve("model");
    SparkProcess.start(
            folder.resolve("model.log"), "synthesize", "sd35-medium", "--tiny", "--out", model)
        .succeeds();
    Path first = Files.createDirectories(folder.resolve("first")).resolve("train.txt");
    Path second = Files.createDirectories(folder.resolve("second"));
    Files.writeString(first, "a cat\na dog in the rain\na house\n");
    Files.writeString(second.resolve("train.txt"), "a tree\nthe sea\n");
    Files.writeString(second.resolve("test.txt"), "a ship\na moor\n");
    Path config =
        Files.writeString(
            folder.resolve("sent.yaml"),
            """
            seed: 5
            model: %s
            resolution: 32
            rewards: {jpeg_compressibility: 1}
            prompts: {source: %s, promptsPerEpoch: 2, imagesPerPrompt: 4}
            sampling: {steps: 3, batchSize: 4}
            training: {gradientShards: 2, batchSize: 2, optimizerStepsPerEpoch: 1, timestepFraction: 0.5, learningRate: 1e-3}
            adapter: {rank: 2, alpha: 4}
            evaluation: {every: 1, prompts: 2, source: %s, sampling: {steps: 2, batchSize: 2}}
            stages:
              - {name: one, epochs: 1}
              - {name: two, epochs: 1, prompts: {source: %s}}
            """
                .formatted(model, first, second.resolve("test.txt"), second));
    Path local = folder.resolve("here");
    SparkProcess.start(folder.resolve("here.log"), "train", "--config", config, "--out", local)
        .succeeds();
    Path cluster = folder.resolve("there");
    SparkProcess.start(
            folder.resolve("there.log"),
            "train",
            "--config",
            config,
            "--out",
            cluster,
            "--spark-master",
            CLUSTER,
            "--ship-model")
        .succeeds();
    ClusterRun.assertSameResults(local, cluster, "with the model sent along");
  }

  /** What both we and Spark use goes by other names in our jar, which has nothing of Spark. */
  @Test
  void ourJarClashesWithNothing() throws IOException {
    try (ZipFile jar = new ZipFile(SparkProcess.JAR.toFile())) {
      List<String> foreign =
          jar.stream()
              .map(entry -> entry.getName())
              .filter(name -> name.endsWith(".class"))
              .filter(
                  name ->
                      !name.startsWith("org/diffusionnft/")
                          && !name.startsWith("picocli/")
                          && !name.startsWith("me/tongfei/")
                          && !name.startsWith("org/jline/")
                          && !name.startsWith("org/ejml/")
                          && !name.startsWith("pabeles/concurrency/")
                          && !name.startsWith("dev/failsafe/")
                          && !name.startsWith("io/github/mymonstercat/")
                          && !name.startsWith("META-INF/"))
              .toList();
      assertEquals(List.of(), foreign);
      assertTrue(jar.getEntry("org/diffusionnft/spark/Submit.class") != null);
    }
  }

  private static void awaitMetrics(SparkProcess run, Path out) throws InterruptedException {
    Path metrics = out.resolve("metrics.jsonl");
    while (run.process().isAlive() && !Files.exists(metrics)) {
      Thread.sleep(20);
    }
  }
}
