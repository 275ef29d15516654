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
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every algorithm learns, and goes on from its state as if it had never stopped. */
@Tag("slow")
class AlgorithmsTest {
  private static final String COMMON =
      """
      epochs: 12
      prompts: {promptsPerEpoch: 3, imagesPerPrompt: 8}
      oldPolicy: {decayType: 0}
      """;
  private static final String PATHS =
      """
      epochs: 16
      prompts: {promptsPerEpoch: 3, imagesPerPrompt: 8}
      training: {batchSize: 6, optimizerStepsPerEpoch: 4, timestepFraction: 1, learningRate: 0.02}
      algorithm: grpo
      """;

  private static final Map<String, String> SETTINGS =
      Map.of(
          "nft",
          COMMON + "loss: {weighting: t}",
          "awm",
          COMMON + "algorithm: awm",
          "awm, off policy",
          COMMON
                  .replace("epochs: 12\n", "")
                  .replace("{decayType: 0}", "{flat: 0, start: 0.1, rate: 0.01, cap: 0.8}")
              + "algorithm: awm\n"
              + "epochs: 20\n"
              + "awm: {weighting: t, klWeight: 1e-6, averageWeight: 0, klWeighting: elbo}",
          "crd",
          COMMON + "algorithm: crd\ncrd: {klWeight: 0.01}",
          "crd, two centers",
          COMMON
              + "algorithm: crd\n"
              + "crd: {objective: bce, temperature: 0.5, klGuidance: 1, klWeight: 0.01, beta: 0.5}",
          "flow_cps",
          PATHS
              + "sampling: {steps: 4, shift: 1, batchSize: 12, solver: flow_cps, deterministic:"
              + " false, noiseLevel: 0.7}\n"
              + "grpo: {klWeight: 0}",
          "guard",
          PATHS
              + "sampling: {steps: 4, shift: 1, batchSize: 12, solver: flow, deterministic: false,"
              + " noiseLevel: 0.7}\n"
              + "grpo: {ratio: guarded, clipRange: 0.05}");

  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nft", "awm", "awm, off policy", "crd", "crd, two centers", "flow_cps", "guard"})
  void itLearnsAndGoesOnFromItsState(String name) {
    TrainConfig config = TinyRun.config(SETTINGS.get(name));
    List<Double> rewards = new ArrayList<>();
    int stop = 3;
    try (Trainer whole = Trainer.of(config, run.task(config));
        Trainer resumed = Trainer.of(config, run.task(config))) {
      while (whole.epoch() < config.epochs()) {
        rewards.add(whole.runEpoch(TrainingListener.NONE).reward());
        if (whole.epoch() == stop) {
          copyState(whole, resumed);
        }
        if (whole.epoch() == stop + 2) {
          resumed.runEpoch(TrainingListener.NONE);
          resumed.runEpoch(TrainingListener.NONE);
          assertSame(values(whole.policy()), values(resumed.policy()));
          assertSame(values(whole.old()), values(resumed.old()));
        }
      }
    }
    double before = mean(rewards.subList(0, 3));
    double after = mean(rewards.subList(rewards.size() - 3, rewards.size()));
    assertTrue(after > before + 0.1, rewards.toString());
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    assertRefused(
        "algorithm: awm\nema: {enabled: false}",
        "awm pulls to the average with weight 1.0, but ema.enabled is false");
    assertRefused(
        "algorithm: grpo\ngrpo: {ratio: guarded}\n"
            + "sampling: {solver: flow_cps, deterministic: false, noiseLevel: 0.7}",
        "grpo cannot guard the ratio of solver flow_cps");
    assertRefused(
        "sampling: {solver: flow_cps, deterministic: false, noiseLevel: 2.5}",
        "noise level of solver flow_cps is 2.5 but must be from 0 to 2");
    assertRefused("awm: {weighting: sqrt}", "uniform, t, t_squared, huber, ghuber");
    assertRefused("awm: {power: 2}", "awm.power must be at most 1");
    assertRefused("crd: {temperature: 1e9}", "crd.temperature must be -1e6 to 1e6");
    assertRefused("crd: {beta: 0}", "crd.beta must be a number above 0");
    assertRefused("oldPolicy: {start: 1.5}", "oldPolicy.start must be 0 to 1");
  }

  private static void assertRefused(String settings, String message) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> TinyRun.config(settings));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  private static void copyState(Trainer from, Trainer to) {
    to.policy().set(tensors(from.policy()));
    to.old().set(tensors(from.old()));
    Ema average = from.ema();
    Ema other = to.ema();
    if (average != null && other != null) {
      copy(average.averages(), other.averages());
    }
    copy(from.optimizer().firstMoments(), to.optimizer().firstMoments());
    copy(from.optimizer().secondMoments(), to.optimizer().secondMoments());
    to.optimizer().step(from.optimizer().step());
    to.resumeAt(from.epoch(), from.step());
  }

  private static void copy(List<Tensor> from, List<Tensor> to) {
    for (int i = 0; i < from.size(); i++) {
      from.get(i).device().elementwise().convert(from.get(i), to.get(i));
    }
  }

  private static List<Tensor> tensors(Adapter adapter) {
    return adapter.parameters().stream().map(Variable::value).toList();
  }

  private static List<float[]> values(Adapter adapter) {
    return tensors(adapter).stream().map(Tensor::toFloats).toList();
  }

  private static void assertSame(List<float[]> a, List<float[]> b) {
    assertEquals(a.size(), b.size());
    for (int i = 0; i < a.size(); i++) {
      assertArrayEquals(a.get(i), b.get(i));
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
