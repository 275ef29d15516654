package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run whose parts learn other things, and goes on at any epoch as if it had never stopped. */
@Tag("slow")
class StagesTest {
  static final String STAGES =
      """
      stages:
        - {name: bright, epochs: 3}
        - name: dark
          epochs: 2
          prompts: {promptsPerEpoch: 2, imagesPerPrompt: 6}
          sampling: {steps: 6, batchSize: 4, guidanceScale: 2}
          training: {batchSize: 4, optimizerStepsPerEpoch: 1, innerEpochs: 2, learningRate: 0.01}
          loss: {guidanceBeta: 0.5, advClipMax: 3}
          oldPolicy: {decayType: 2}
        - {name: bright again, epochs: 2, loss: {advantageSpread: per_prompt}}
      """;
  private static final Map<String, String> ALGORITHMS =
      Map.of(
          "nft", "ema: {decay: 0.7}",
          "nft without average", "ema: {enabled: false}",
          "awm", "algorithm: awm\nema: {decay: 0.7}",
          "crd", "algorithm: crd\nema: {decay: 0.7}",
          "grpo",
              """
              algorithm: grpo
              ema: {decay: 0.7}
              sampling: {steps: 4, shift: 1, solver: flow, deterministic: false, batchSize: 5}
              """);

  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  /** All that a run is between two epochs, copied. */
  private record State(
      long epoch, long step, long optimizerStep, int promptsSeen, List<List<float[]>> numbers) {
    static State of(Trainer trainer) {
      return new State(
          trainer.epoch(),
          trainer.step(),
          trainer.optimizer().step(),
          trainer.promptsSeen(),
          tensors(trainer).stream()
              .map(group -> group.stream().map(Tensor::toFloats).toList())
              .toList());
    }

    void restore(Trainer trainer) {
      List<List<Tensor>> targets = tensors(trainer);
      for (int group = 0; group < targets.size(); group++) {
        for (int i = 0; i < targets.get(group).size(); i++) {
          Tensor target = targets.get(group).get(i);
          try (var _ = target.device().memory().scope()) {
            Tensor source =
                Tensor.of(target.device(), numbers.get(group).get(i), target.shape().dims());
            target.device().elementwise().convert(source, target);
          }
        }
      }
      trainer.optimizer().step(optimizerStep);
      trainer.resumeAt(epoch, step);
      assertEquals(promptsSeen, trainer.promptsSeen());
    }

    void assertSame(State other, String what) {
      assertEquals(epoch, other.epoch, what);
      assertEquals(step, other.step, what);
      assertEquals(promptsSeen, other.promptsSeen, what);
      for (int group = 0; group < numbers.size(); group++) {
        for (int i = 0; i < numbers.get(group).size(); i++) {
          assertArrayEquals(
              numbers.get(group).get(i), other.numbers.get(group).get(i), what + ", " + group);
        }
      }
    }
  }

  private static List<List<Tensor>> tensors(Trainer trainer) {
    Ema ema = trainer.ema();
    return List.of(
        values(trainer.policy()),
        values(trainer.old()),
        ema == null ? List.of() : ema.averages(),
        trainer.optimizer().firstMoments(),
        trainer.optimizer().secondMoments());
  }

  private static List<Tensor> values(Adapter adapter) {
    return adapter.parameters().stream().map(Variable::value).toList();
  }

  private static TrainConfig config(String algorithm) {
    return TinyRun.config(ALGORITHMS.get(algorithm) + "\n" + STAGES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nft", "nft without average", "awm", "crd", "grpo"})
  void itGoesOnFromEveryEpochToTheSameBits(String algorithm) {
    TrainConfig config = config(algorithm);
    List<State> states = new ArrayList<>();
    List<EpochReport> reports = new ArrayList<>();
    try (Trainer whole = Trainer.of(config, run.tasks(config))) {
      states.add(State.of(whole));
      while (whole.epoch() < config.epochs()) {
        reports.add(whole.runEpoch(TrainingListener.NONE));
        states.add(State.of(whole));
      }
    }
    assertEquals(List.of(2L, 4L, 6L, 8L, 10L, 12L, 14L), steps(reports));
    assertTrue(reports.get(3).components().containsKey("darkness"));
    assertTrue(reports.get(5).components().containsKey("brightness"));
    for (State state : states) {
      try (Trainer resumed = Trainer.of(config, run.tasks(config))) {
        state.restore(resumed);
        resumed.run(TrainingListener.NONE);
        states.getLast().assertSame(State.of(resumed), "from epoch " + state.epoch);
      }
    }
  }

  private static List<Long> steps(List<EpochReport> reports) {
    return reports.stream().map(EpochReport::steps).toList();
  }

  /** As the reference code goes on from a saved state: both policies become the average. */
  @ParameterizedTest
  @ValueSource(strings = {"nft", "nft without average", "grpo"})
  void bothPoliciesBecomeTheAverageAtABorder(String algorithm) {
    TrainConfig config = config(algorithm);
    List<Integer> crossed = new ArrayList<>();
    try (Trainer trainer = Trainer.of(config, run.tasks(config))) {
      while (trainer.epoch() < config.epochs()) {
        State before = State.of(trainer);
        int average = trainer.ema() == null ? 0 : 2;
        trainer.runEpoch(
            new TrainingListener() {
              @Override
              public void scored(Rollout rollout, double[][] advantages) {
                State now = State.of(trainer);
                if (rollout.epoch() == 3 || rollout.epoch() == 5) {
                  crossed.add((int) rollout.epoch());
                  for (int i = 0; i < before.numbers.get(average).size(); i++) {
                    float[] expected = before.numbers.get(average).get(i);
                    assertArrayEquals(expected, now.numbers.get(0).get(i), "policy");
                    assertArrayEquals(expected, now.numbers.get(1).get(i), "old policy");
                  }
                  for (int group = 2; group < 5; group++) {
                    assertTrue(same(before, now, group), "average and moments stay");
                  }
                } else {
                  before.assertSame(now, "no border");
                }
              }
            });
      }
    }
    assertEquals(List.of(3, 5), crossed);
  }

  private static boolean same(State a, State b, int group) {
    for (int i = 0; i < a.numbers.get(group).size(); i++) {
      if (!java.util.Arrays.equals(a.numbers.get(group).get(i), b.numbers.get(group).get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Stopped at any moment around a border, and saved there, it ends in the same bits. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 8, 13, 20, 30})
  void aStopAtABorderChangesNothing(int checks) {
    TrainConfig config = config("nft");
    State end;
    try (Trainer whole = Trainer.of(config, run.tasks(config))) {
      whole.run(TrainingListener.NONE);
      end = State.of(whole);
    }
    State saved;
    try (Trainer stopped = Trainer.of(config, run.tasks(config))) {
      while (stopped.epoch() < 3) {
        stopped.runEpoch(TrainingListener.NONE);
      }
      int[] left = {checks};
      assertThrows(
          StoppedException.class,
          () -> stopped.runEpoch(TrainingListener.NONE, () -> left[0]-- <= 0));
      assertEquals(3, stopped.epoch());
      saved = State.of(stopped);
    }
    try (Trainer resumed = Trainer.of(config, run.tasks(config))) {
      saved.restore(resumed);
      resumed.run(TrainingListener.NONE);
      end.assertSame(State.of(resumed), "stopped after " + checks + " checks");
    }
  }

  @Test
  void everyStageNeedsATask() {
    TrainConfig config = config("nft");
    assertThrows(
        IllegalArgumentException.class, () -> Trainer.of(config, run.task(config)).close());
  }
}
