package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How the sum of an optimizer step is cut, which is part of what a run is. */
class GradientShardsTest {
  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void sharesAreContiguousAndEqual() {
    OptimizerStep step = new OptimizerStep(0, 0, 0, 2, 3, 4);
    assertEquals(
        List.of(
            new OptimizerStep.Share(0, 4),
            new OptimizerStep.Share(4, 8),
            new OptimizerStep.Share(8, 12)),
        step.shares(3));
    assertEquals(List.of(2, 2, 2, 2, 3, 3), batches(step, 0, 6));
    assertEquals(12, step.shares(12).size());
  }

  private static List<Integer> batches(OptimizerStep step, int from, int to) {
    return IntStream.range(from, to).mapToObj(step::batch).toList();
  }

  /** The gradient of a step is the sum of its shares, in their order, and of nothing else. */
  @Tag("slow")
  @Test
  void sharesAreSummedEachForItselfAndAddedInOrder() {
    List<float[]> sum = firstGradient(config(4));
    List<float[]> byHand = null;
    // Each share alone is what one share gives of a run that is asked for that share only.
    for (List<float[]> share : shares(config(4))) {
      byHand = byHand == null ? share : added(byHand, share);
    }
    for (int i = 0; i < sum.size(); i++) {
      assertArrayEquals(byHand.get(i), sum.get(i), "matrix " + i);
    }
    List<float[]> whole = firstGradient(config(1));
    boolean same = true;
    for (int i = 0; i < sum.size(); i++) {
      assertArrayEquals(whole.get(i), sum.get(i), 1e-6f, "the same but for rounding");
      same &= Arrays.equals(whole.get(i), sum.get(i));
    }
    assertFalse(same, "another order of additions rounds differently");
  }

  private static TrainConfig config(int shards) {
    return TinyRun.config(
        "training: {batchSize: 3, optimizerStepsPerEpoch: 1, timestepFraction: 1,"
            + " learningRate: 0.02, gradientShards: %d}".formatted(shards));
  }

  /** The gradient of the first optimizer step. */
  private List<float[]> firstGradient(TrainConfig config) {
    List<float[]> values = new ArrayList<>();
    try (Trainer trainer = Trainer.of(config, run.task(config))) {
      Adapter policy = trainer.policy();
      trainer.runEpoch(
          new TrainingListener() {
            @Override
            public void gradients(long step, Gradients gradients) {
              for (Variable parameter : policy.parameters()) {
                values.add(gradients.of(parameter).toFloats());
              }
            }
          });
    }
    return values;
  }

  /** The gradient of each share, seen as the growth of one that nothing was added to before. */
  private List<List<float[]>> shares(TrainConfig config) {
    List<List<float[]>> shares = new ArrayList<>();
    int count = config.training().gradientShards();
    for (int kept = 0; kept < count; kept++) {
      try (Trainer trainer = Trainer.of(config, run.task(config))) {
        Workbench bench = new Workbench(trainer);
        try (Crew.Shift shift =
            trainer.crew().begin(0, trainer.task.randomness().prompts(0), trainer.old())) {
          Rollout rollout = shift.sample(_ -> {}, Stop.NEVER);
          double[][] advantages =
              trainer.compare(rollout).advantages(config.loss().advantageSpread());
          OptimizerStep step = new OptimizerStep(0, 0, 0, 0, 4, config.turns());
          try (PromptTable table = trainer.table(rollout.prompts())) {
            bench.descend(
                trainer.pass(rollout, advantages, table, 0),
                step,
                step.shares(count).get(kept),
                _ -> {},
                Stop.NEVER);
          }
          shares.add(
              trainer.policy().parameters().stream()
                  .map(p -> trainer.gradients.of(p).toFloats())
                  .toList());
        }
      }
    }
    return shares;
  }

  private static List<float[]> added(List<float[]> a, List<float[]> b) {
    List<float[]> sums = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      float[] sum = a.get(i).clone();
      for (int j = 0; j < sum.length; j++) {
        sum[j] += b.get(i)[j];
      }
      sums.add(sum);
    }
    return sums;
  }
}
