package org.diffusionnft.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The presets against what the reference code's {@code config/nft.py} computes for 8 GPUs. */
class PresetTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sd3-geneval      | geneval=1.0                               | geneval   | 10 |  9 | 1 |"
            + " 1.0 | 1 | 14 | 2212",
        "sd3-ocr          | ocr=1.0                                   | ocr       | 10 |  9 | 2 |"
            + " 0.1 | 2 | 16 | 1018",
        "sd3-pickscore    | pickscore=1.0                             | pickscore | 10 |  9 | 1 |"
            + " 1.0 | 1 | 16 | 2048",
        "sd3-hpsv2        | hpsv2=1.0                                 | pickscore | 10 |  9 | 1 |"
            + " 1.0 | 1 | 16 | 2048",
        "sd3-multi-reward | clipscore=1.0, hpsv2=1.0, pickscore=1.0   | pickscore | 25 | 24 | 1 |"
            + " 0.1 | 1 | 16 | 2048",
      })
  void officialNumbers(
      String name,
      String rewards,
      String dataset,
      int steps,
      int trainedSteps,
      int optimizerSteps,
      double beta,
      int decayType,
      int testBatch,
      int testPrompts) {
    TrainConfig config = Preset.named(name).orElseThrow().config();
    Map<String, Double> sorted = new TreeMap<>();
    config.rewards().forEach((reward, setting) -> sorted.put(reward, setting.weight()));
    assertEquals("{" + rewards + "}", sorted.toString());
    assertEquals("dataset/" + dataset, config.prompts().source());
    assertEquals(1152, config.prompts().imagesPerEpoch());
    assertEquals(24, config.prompts().imagesPerPrompt());
    assertEquals(512, config.resolution());
    assertEquals(steps, config.sampling().steps());
    assertEquals("dpm2", config.sampling().solver());
    assertTrue(config.sampling().deterministic());
    assertEquals(1, config.sampling().guidanceScale());
    assertEquals(9, config.sampling().batchSize());
    assertEquals(9, config.training().batchSize());
    assertEquals(trainedSteps, config.trainedTimesteps());
    TrainingSettings training = config.training();
    assertEquals(optimizerSteps, training.innerEpochs() * training.optimizerStepsPerEpoch());
    assertEquals(3e-4, config.training().learningRate());
    assertEquals(1e-4, config.training().weightDecay());
    assertEquals(1, config.training().maxGradNorm());
    assertEquals(beta, config.loss().guidanceBeta());
    assertEquals(1e-4, config.loss().referenceMseWeight());
    assertEquals(5, config.loss().advClipMax());
    assertEquals(SoftUpdateSchedule.ofType(decayType), config.oldPolicy());
    assertEquals(32, config.adapter().rank());
    assertEquals(64, config.adapter().alpha());
    assertEquals(testBatch, config.evaluation().sampling().batchSize());
    assertEquals(40, config.evaluation().sampling().steps());
    assertEquals(testPrompts, config.evaluation().prompts());
    assertEquals(30, config.saveEvery());
    assertEquals(10, config.evaluation().every());
    assertEquals(128, config.pipeline().t5Tokens());
  }

  /** The paper's appendix C, in its order; all of 40 sampling steps. */
  @Test
  void theStagesOfThePaper() {
    TrainConfig config = Preset.SD3_MULTI_REWARD.config();
    assertEquals(1600, config.epochs());
    assertEquals(
        List.of(
            "800 dataset/pickscore [pickscore, hpsv2, clipscore]",
            "300 dataset/geneval [geneval, pickscore, hpsv2, clipscore]",
            "200 dataset/pickscore [pickscore, hpsv2, clipscore]",
            "200 dataset/geneval [geneval, pickscore, hpsv2, clipscore]",
            "100 dataset/ocr [ocr, pickscore, hpsv2, clipscore]"),
        config.plan().parts().stream()
            .map(
                part ->
                    "%d %s %s"
                        .formatted(
                            part.to() - part.from(),
                            part.config().prompts().source(),
                            part.config().rewards().keySet()))
            .toList());
    for (StagePlan.Part part : config.plan().parts()) {
      assertEquals(40, part.config().sampling().steps());
      assertEquals(39, part.config().trainedTimesteps());
      assertEquals(0.1, part.config().loss().guidanceBeta());
      assertEquals(1, part.config().training().optimizerStepsPerEpoch());
    }
  }

  @Test
  void theNamesAreThoseOfTheFiles() {
    assertEquals(
        "sd3-geneval, sd3-ocr, sd3-pickscore, sd3-hpsv2, sd3-multi-reward", Preset.names());
    for (Preset preset : Preset.values()) {
      TrainConfig config = preset.config();
      assertEquals(config, TrainConfig.parse("again", config.toYaml(), TrainConfig.official()));
    }
    assertTrue(Preset.named("sd3-nothing").isEmpty());
  }
}
