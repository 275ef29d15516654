package org.diffusionnft.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small runs that are shared out to a cluster. */
enum ClusterRun {
  STAGES(
      8,
      """
      seed: 5
      saveEvery: 1
      model: shapes
      rewards: {shapes_graded: 1, shapes_strict: 0}
      prompts: {source: shapes, promptsPerEpoch: 4, imagesPerPrompt: 4}
      sampling: {steps: 4, shift: 1, batchSize: 5}
      training: {gradientShards: 4, batchSize: 2, optimizerStepsPerEpoch: 2, timestepFraction: 0.5, learningRate: 1e-3}
      loss: {referenceMseWeight: 0.01}
      oldPolicy: {rate: 0.1, cap: 0.5}
      adapter: {rank: 4, alpha: 8, targets: [to_q, net.2]}
      evaluation: {every: 2, prompts: 12, rewards: {jpeg_compressibility: 0}, sampling: {steps: 3, shift: 1}}
      stages:
        - {name: as the prompt says, epochs: 5}
        - {name: green, epochs: 3, rewards: {colour: {wish: "20c040"}}, prompts: {promptsPerEpoch: 2, imagesPerPrompt: 8}}
      """),
  GRPO(
      6,
      """
      algorithm: grpo
      seed: 5
      epochs: 6
      saveEvery: 1
      model: shapes
      rewards: {shapes_graded: 1}
      prompts: {source: shapes, promptsPerEpoch: 4, imagesPerPrompt: 4}
      sampling: {steps: 4, shift: 1, batchSize: 5, solver: flow, deterministic: false, noiseLevel: 0.7}
      training: {gradientShards: 4, batchSize: 4, optimizerStepsPerEpoch: 2, timestepFraction: 0.5, learningRate: 1e-3}
      grpo: {clipRange: 1e-3, klWeight: 0.01}
      adapter: {rank: 4, alpha: 8, targets: [to_q, net.2]}
      evaluation: {every: 3, prompts: 12, sampling: {steps: 3, solver: dpm2, shift: 1}}
      """),
  /** What a picture's file has of bytes, as a program of the user's says. */
  COMMAND(
      6,
      """
      seed: 5
      epochs: 6
      saveEvery: 1
      model: shapes
      rewards: {bytes: {type: command, weight: 1, command: "sh %s/bytes.sh"}}
      prompts: {source: shapes, promptsPerEpoch: 4, imagesPerPrompt: 4}
      sampling: {steps: 4, shift: 1, batchSize: 5}
      training: {gradientShards: 4, batchSize: 4, optimizerStepsPerEpoch: 1, timestepFraction: 0.5, learningRate: 1e-3}
      adapter: {rank: 4, alpha: 8, targets: [to_q, net.2]}
      evaluation: {every: 3, prompts: 12, sampling: {steps: 3, shift: 1}}
      """),
  /** A model on disk. */
  SD35(
      4,
      """
      seed: 5
      epochs: 4
      saveEvery: 1
      model: %s/sd35
      resolution: 32
      rewards: {jpeg_compressibility: 1}
      prompts: {source: %1$s/prompts.txt, promptsPerEpoch: 2, imagesPerPrompt: 4}
      sampling: {steps: 3, batchSize: 4}
      training: {gradientShards: 2, batchSize: 4, optimizerStepsPerEpoch: 1, timestepFraction: 0.5, learningRate: 1e-3}
      adapter: {rank: 2, alpha: 4}
      evaluation: {every: 2, prompts: 2, source: %1$s/prompts.txt, sampling: {steps: 2, batchSize: 2}}
      """);

  private static final List<String> RESULTS =
      List.of("adapter/adapter_model.safetensors", "evaluations.jsonl", "prompts.jsonl");
  private static final String SCORE_BYTES =
      """
      while read -r line; do
        image=$(printf '%s' "$line" | sed 's/.*"image" *: *"\\([^"]*\\)".*/\\1/')
        printf '{"score": %d}\\n' "$(wc -c < "$image")"
      done
      """;

  private final int epochs;
  private final String settings;

  ClusterRun(int epochs, String settings) {
    this.epochs = epochs;
    this.settings = settings;
  }

  int epochs() {
    return epochs;
  }

  /** A file with its settings, and beside it all that they name. */
  Path settings(Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("settings.yaml");
    if (!Files.exists(file)) {
      Files.writeString(folder.resolve("bytes.sh"), SCORE_BYTES);
      Files.writeString(folder.resolve("prompts.txt"), "a cat\na dog in the rain\na house\n");
      if (this == SD35) {
        SparkProcess.start(
                folder.resolve("sd35.log"),
                "synthesize",
                "sd35-medium",
                "--tiny",
                "--out",
                folder.resolve("sd35"))
            .succeeds();
      }
      Files.writeString(file, settings.formatted(folder));
    }
    return file;
  }

  /** Checks that two runs have the same results, to the byte. */
  static void assertSameResults(Path expected, Path found, String when) throws IOException {
    for (String file : RESULTS) {
      assertArrayEquals(
          Files.readAllBytes(expected.resolve(file)),
          Files.readAllBytes(found.resolve(file)),
          file + " of " + found + ", " + when);
    }
  }
}
