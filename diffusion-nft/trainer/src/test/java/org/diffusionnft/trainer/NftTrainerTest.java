package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class NftTrainerTest {
  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    List<float[]> first = afterRun(config(""), 2);
    List<float[]> second = afterRun(config(""), 2);
    assertSame(first, second);
    assertFalse(Arrays.equals(first.get(1), afterRun(config("seed: 4"), 2).get(1)));
  }

  @Test
  void howBatchesAreCutChangesRoundingOnly() {
    List<float[]> one = afterRun(config(""), 1);
    List<float[]> other =
        afterRun(
            config(
                "sampling: {steps: 4, shift: 1, batchSize: 12}\n"
                    + "training: {batchSize: 6, optimizerStepsPerEpoch: 2, timestepFraction: 0.5,"
                    + " learningRate: 0.02, checkpointing: true}"),
            1);
    for (int i = 0; i < one.size(); i++) {
      assertArrayEquals(one.get(i), other.get(i), 2e-4f);
    }
  }

  @Test
  void aMergedPolicyIsTheSamePolicy() {
    List<float[]> merged = afterRun(config(""), 1);
    List<float[]> beside =
        afterRun(config("sampling: {steps: 4, shift: 1, batchSize: 5, mergeLimitMb: 0}"), 1);
    for (int i = 0; i < merged.size(); i++) {
      assertArrayEquals(merged.get(i), beside.get(i), 2e-4f);
    }
  }

  @Test
  void aRunGoesOnFromItsState() {
    TrainConfig config = config("");
    try (NftTrainer whole = trainer(config);
        NftTrainer first = trainer(config);
        NftTrainer second = trainer(config)) {
      whole.runEpoch(TrainingListener.NONE);
      EpochReport uninterrupted = whole.runEpoch(TrainingListener.NONE);
      first.runEpoch(TrainingListener.NONE);
      second.policy().set(values(first.policy()));
      second.old().set(values(first.old()));
      Ema from = first.ema();
      Ema to = second.ema();
      assertTrue(from != null && to != null);
      copy(from.averages(), to.averages());
      copy(first.optimizer().firstMoments(), second.optimizer().firstMoments());
      copy(first.optimizer().secondMoments(), second.optimizer().secondMoments());
      second.optimizer().step(first.optimizer().step());
      second.resumeAt(first.epoch(), first.step());
      EpochReport resumed = second.runEpoch(TrainingListener.NONE);
      assertEquals(uninterrupted.terms(), resumed.terms());
      assertEquals(uninterrupted.promptsSeen(), resumed.promptsSeen());
      assertEquals(2, second.epoch());
      assertEquals(4, second.step());
      assertSame(floats(values(whole.policy())), floats(values(second.policy())));
      assertSame(floats(values(whole.old())), floats(values(second.old())));
      try (Adapter a = whole.best();
          Adapter b = second.best()) {
        assertSame(floats(values(a)), floats(values(b)));
      }
    }
  }

  @Test
  void itLearnsWhatIsRewarded() {
    List<Double> rewards = new ArrayList<>();
    TrainConfig config =
        config(
            "epochs: 12\noldPolicy: {decayType: 0}\n"
                + "prompts: {promptsPerEpoch: 3, imagesPerPrompt: 8}");
    try (NftTrainer trainer = trainer(config)) {
      for (int epoch = 0; epoch < 12; epoch++) {
        rewards.add(trainer.runEpoch(TrainingListener.NONE).reward());
      }
    }
    double before = (rewards.get(0) + rewards.get(1) + rewards.get(2)) / 3;
    double after = (rewards.get(9) + rewards.get(10) + rewards.get(11)) / 3;
    assertTrue(after > before + 0.1, rewards.toString());
  }

  @Test
  void ofARangeOnlyTheNoisiestTimestepsAreTrained() {
    Set<Float> all = levels(config("training: {timestepFraction: 0.5, batchSize: 3}"));
    Set<Float> noisy =
        levels(config("training: {timestepFraction: 0.5, timestepRange: 0.75, batchSize: 3}"));
    assertEquals(4, all.size());
    assertEquals(3, noisy.size());
    noisy.forEach(t -> assertTrue(all.contains(t) && t > Collections.min(all), all.toString()));
  }

  private Set<Float> levels(TrainConfig config) {
    Set<Float> levels = new HashSet<>();
    try (NftTrainer trainer = trainer(config)) {
      trainer.runEpoch(
          new TrainingListener() {
            @Override
            public void trained(long epoch, int done, int of, TrainedBatch batch) {
              for (float t : batch.loss().t()) {
                levels.add(t);
              }
            }
          });
    }
    return levels;
  }

  @Test
  void reportsSayHowItGoes() {
    List<TrainedBatch> batches = new ArrayList<>();
    List<Integer> sampled = new ArrayList<>();
    List<StepReport> steps = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void sampled(long epoch, int images, int of) {
            sampled.add(images);
            assertEquals(12, of);
          }

          @Override
          public void trained(long epoch, int done, int of, TrainedBatch batch) {
            batches.add(batch);
            assertEquals(batches.size(), done);
            assertEquals(8, of);
          }

          @Override
          public void stepped(StepReport report) {
            steps.add(report);
          }
        };
    try (NftTrainer trainer =
        trainer(config("loss: {referenceMseWeight: 0}\noldPolicy: {rate: 0.1, cap: 0.9}"))) {
      EpochReport report = trainer.runEpoch(listener);
      assertEquals(List.of(5, 10, 12), sampled);
      assertEquals(8, batches.size());
      assertEquals(List.of(0L, 1L), steps.stream().map(StepReport::step).toList());
      assertEquals(2, report.steps());
      assertEquals(4, report.groupSize());
      assertEquals(3, report.promptsSeen());
      assertEquals(0, report.zeroStdRatio());
      assertEquals(0.2, report.oldDecay());
      assertEquals(report.reward(), report.components().get("brightness"), 1e-6);
      assertTrue(report.terms().referenceMse().isEmpty(), "the base was not run");
      // Nothing has moved before the first step; the second one starts away from the old policy.
      assertEquals(0, steps.get(0).terms().oldDeviation(), 1e-10);
      assertTrue(steps.get(1).terms().oldDeviation() > 1e-8);
    }
    try (NftTrainer trainer =
        trainer(config("loss: {referenceMseWeight: 0, measureReference: true}"))) {
      assertTrue(trainer.runEpoch(TrainingListener.NONE).terms().referenceMse().isPresent());
    }
  }

  @Test
  void everyImageIsTrainedAtDifferentTimesteps() {
    Set<String> seen = new HashSet<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void trained(long epoch, int done, int of, TrainedBatch batch) {
            for (int b = 0; b < batch.timesteps().length; b++) {
              float[] x0 = Arrays.copyOfRange(batch.loss().x0(), b * 32, b * 32 + 32);
              assertTrue(seen.add(Arrays.toString(x0) + batch.timesteps()[b]));
              float t = batch.loss().t()[b];
              assertEquals(batch.timesteps()[b] / 1000, t);
              assertTrue(t > 0 && t <= 1);
            }
          }
        };
    try (NftTrainer trainer = trainer(config(""))) {
      trainer.runEpoch(listener);
    }
    assertEquals(12 * 2, seen.size());
  }

  @Test
  void whatARewardThrowsStopsTheRun() {
    Reward broken =
        (images, prompts) -> {
          throw new IllegalArgumentException("no such judge");
        };
    try (NftTrainer trainer =
        new NftTrainer(config(""), run.task(config(""), WeightedRewards.of("broken", broken)))) {
      RewardUnavailableException e =
          assertThrows(
              RewardUnavailableException.class, () -> trainer.runEpoch(TrainingListener.NONE));
      assertTrue(String.valueOf(e.getMessage()).contains("(no such judge)"), e.getMessage());
    }
  }

  /** Wherever an epoch is stopped, all is as it was before it, and it can be run again. */
  @Test
  void aStoppedEpochHasChangedNothing() {
    List<float[]> undisturbed = afterRun(config(""), 2);
    for (int looks = 0; looks < 60; looks++) {
      int most = looks;
      AtomicInteger looked = new AtomicInteger();
      Stop stop = () -> looked.getAndIncrement() >= most;
      try (NftTrainer trainer = trainer(config(""))) {
        trainer.runEpoch(TrainingListener.NONE);
        try {
          trainer.runEpoch(TrainingListener.NONE, stop);
        } catch (StoppedException e) {
          assertEquals(1, trainer.epoch());
          assertEquals(2, trainer.step());
          trainer.runEpoch(TrainingListener.NONE);
        }
        assertEquals(2, trainer.epoch());
        assertSame(undisturbed, floats(values(trainer.policy())));
      }
    }
  }

  private List<float[]> afterRun(TrainConfig config, int epochs) {
    try (NftTrainer trainer = trainer(config)) {
      for (int i = 0; i < epochs; i++) {
        trainer.runEpoch(TrainingListener.NONE);
      }
      return floats(values(trainer.policy()));
    }
  }

  private NftTrainer trainer(TrainConfig config) {
    return new NftTrainer(config, run.task(config));
  }

  private static TrainConfig config(String changes) {
    return TinyRun.config(changes);
  }

  private static List<Tensor> values(Adapter adapter) {
    return adapter.parameters().stream().map(Variable::value).toList();
  }

  private static List<float[]> floats(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::toFloats).toList();
  }

  private static void copy(List<Tensor> from, List<Tensor> to) {
    for (int i = 0; i < from.size(); i++) {
      from.get(i).device().elementwise().convert(from.get(i), to.get(i));
    }
  }

  private static void assertSame(List<float[]> a, List<float[]> b) {
    assertEquals(a.size(), b.size());
    for (int i = 0; i < a.size(); i++) {
      assertArrayEquals(a.get(i), b.get(i));
    }
  }
}
