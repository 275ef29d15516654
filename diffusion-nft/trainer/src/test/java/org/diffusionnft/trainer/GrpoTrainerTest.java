package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class GrpoTrainerTest {
  private static final String FLOW =
      """
      algorithm: grpo
      epochs: 16
      prompts: {promptsPerEpoch: 3, imagesPerPrompt: 8}
      sampling: {steps: 4, shift: 1, batchSize: 12, solver: flow, deterministic: false, noiseLevel: 0.7}
      training: {batchSize: 6, optimizerStepsPerEpoch: 4, timestepFraction: 1, learningRate: 0.02}
      """;
  private static final String DANCE =
      FLOW.replace("solver: flow", "solver: dance")
          .replace("noiseLevel: 0.7", "noiseLevel: 0.3")
          .concat("grpo: {sharedNoise: true, randomTimesteps: true}\n");

  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {FLOW, "dance"})
  void itLearnsWhatIsRewarded(String settings) {
    TrainConfig config = TinyRun.config(settings.equals(FLOW) ? FLOW : DANCE);
    List<Double> rewards = new ArrayList<>();
    try (Trainer trainer = Trainer.of(config, run.task(config))) {
      for (int epoch = 0; epoch < config.epochs(); epoch++) {
        rewards.add(trainer.runEpoch(TrainingListener.NONE).reward());
      }
    }
    double before = mean(rewards.subList(0, 4));
    double after = mean(rewards.subList(rewards.size() - 4, rewards.size()));
    assertTrue(after > before + 0.1, rewards.toString());
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    assertArrayEquals(policyAfterOneEpoch(), policyAfterOneEpoch());
  }

  /** It is on policy: after an epoch the old policy is the trained one. */
  @Test
  void theOldPolicyFollowsAtOnce() {
    TrainConfig config = TinyRun.config(FLOW);
    try (Trainer trainer = Trainer.of(config, run.task(config))) {
      trainer.runEpoch(TrainingListener.NONE);
      assertEquals(4, trainer.step());
      assertArrayEquals(
          trainer.policy().parameters().getFirst().value().toFloats(),
          trainer.old().parameters().getFirst().value().toFloats());
    }
  }

  @Test
  void samplingWithoutNoiseIsRefused() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> TinyRun.config("algorithm: grpo"));
    assertTrue(String.valueOf(e.getMessage()).contains("sampling.deterministic"), e.getMessage());
  }

  private float[] policyAfterOneEpoch() {
    TrainConfig config = TinyRun.config(FLOW);
    try (Trainer trainer = Trainer.of(config, run.task(config))) {
      trainer.runEpoch(TrainingListener.NONE);
      return trainer.policy().parameters().getFirst().value().toFloats();
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
