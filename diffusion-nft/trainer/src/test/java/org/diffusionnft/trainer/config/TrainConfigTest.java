package org.diffusionnft.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainConfigTest {
  @Test
  void anEmptyFileIsTheOfficialConfiguration() {
    assertEquals(TrainConfig.official(), parse(""));
    assertEquals(TrainConfig.official(), parse("# nothing\nsampling:\n"));
    TrainConfig official = TrainConfig.official();
    assertEquals(9, official.trainedTimesteps());
    assertEquals(1152, official.prompts().imagesPerEpoch());
    assertEquals(1, official.training().optimizerStepsPerEpoch());
  }

  @Test
  void whatAFileSaysReplacesTheDefaults(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("train.yaml");
    Files.writeString(
        file,
        """
        seed: 7
        model: shapes
        rewards: {shapes: 1, brightness: -0.5}
        prompts:
          promptsPerEpoch: 24
          imagesPerPrompt: 12
        sampling: {solver: flow, deterministic: false}
        training:
          batchSize: 36
          optimizerStepsPerEpoch: 2
          learningRate: 1e-3
          timestepFraction: 0.5
        loss:
          advantageMode: positive_only
          advantageSpread: per_prompt
        oldPolicy:
          decayType: 0
          rate: 0.02
          cap: 0.8
        adapter:
          targets: [attn.to_q, ff.net.2]
        evaluation:
          sampling:
            guidanceScale: 3
        """);
    TrainConfig config = TrainConfig.read(file);
    assertEquals(7, config.seed());
    assertEquals(
        RewardSettings.weights(Map.of("shapes", 1.0, "brightness", -0.5)), config.rewards());
    assertEquals(288, config.prompts().imagesPerEpoch());
    assertEquals(5, config.trainedTimesteps());
    assertEquals(1e-3, config.training().learningRate());
    assertEquals(AdvantageMode.POSITIVE_ONLY, config.loss().advantageMode());
    assertEquals(Spread.PER_PROMPT, config.loss().advantageSpread());
    assertEquals(SoftUpdateSchedule.rising(0.02, 0.8), config.oldPolicy());
    assertEquals(List.of("attn.to_q", "ff.net.2"), config.adapter().targets());
    assertEquals(32, config.adapter().rank());
    assertEquals(3, config.evaluation().sampling().guidanceScale());
    assertEquals(config, parse(config.toYaml()));
  }

  /** As in diffusers, which guides by scales above 1 only. */
  @ParameterizedTest
  @CsvSource({"0, false", "0.7, false", "1, false", "1.5, true"})
  void guidanceIsOfScalesAboveOne(double scale, boolean guided) {
    assertEquals(guided, TrainConfig.official().sampling().withGuidanceScale(scale).isGuided());
  }

  @Test
  void writingAndReadingIsTheSame() {
    assertEquals(TrainConfig.official(), parse(TrainConfig.official().toYaml()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          learningrate: 1             | c:1: unknown key learningrate, did you mean training.learningRate?
          training:\\n  lernRate: 1   | c:2: unknown key training.lernRate, did you mean training.learningRate?
          training: {beta1: 1}        | c:1: unknown key training.beta1; the nearest known key is training.adamBeta1
          samplin: {steps: 3}         | c:1: unknown key samplin, did you mean sampling?
          oldPolicy: {decaytype: 1}   | c:1: unknown key oldPolicy.decaytype, did you mean oldPolicy.decayType?
          seed: x                     | c:1: seed must be a whole number, not 'x'
          seed: 1\\nseed: 2           | c:2: the key seed is there twice
          epochs: 0                   | c:1: epochs must be at least 1, not 0
          epochs: 3000000000          | c:1: epochs must be at most 2147483647, not 3000000000
          sampling:\\n\\n  steps: 0   | c:3: sampling.steps must be 1 to 1000, not 0
          sampling: [1]               | c:1: sampling must be keys and values, not a list
          training: {learningRate: -1} | c:1: training.learningRate must be a number above 0, not -1.0
          training: {learningRate: .inf} | c:1: training.learningRate must be a number, not '.inf'
          training: {learningRate: }  | c:1: training.learningRate must be one value, not nothing
          loss: {advantageMode: some} | c:1: loss.advantageMode must be one of all, positive_only, negative_only, one_only, binary, not 'some'
          sampling: {deterministic: yes} | c:1: sampling.deterministic must be true or false, not 'yes'
          adapter: {targets: attn}    | c:1: adapter.targets must be a list, not 'attn'
          rewards: {shapes: much}     | c:1: rewards.shapes must be a number, not 'much'
          oldPolicy: {decayType: 3}   | c:1: oldPolicy.decayType must be 0, 1 or 2, not 3
          - a                         | c:1: expected keys and values, found a list
          """)
  void mistakesAreToldInOneSentence(String text, String message) {
    assertEquals(message, failure(text.replace("\\n", "\n")));
  }

  @Test
  void otherMistakesToo() {
    assertStarts(
        "c:2: unknown key sampling.zzzzzzzzzz; the nearest known key is ",
        failure("sampling:\n  zzzzzzzzzz: 1"));
    assertStarts("c:1: sampling.solver cannot be used: ", failure("sampling: {solver: euler}"));
    assertStarts("c:3: not valid YAML: ", failure("seed: 1\nsampling:\n  steps: [1\n"));
    assertStarts(
        "c:1: training cuts the 1152 images of an epoch", failure("training: {batchSize: 7}"));
    assertStarts("c:1: training leaves no timestep", failure("training: {timestepFraction: 0.05}"));
  }

  @Test
  void distanceIsLevenshteins() {
    assertEquals(3, UnknownKeys.distance("kitten", "sitting"));
    assertEquals(0, UnknownKeys.distance("batchsize", "batchSize"));
    assertEquals(4, UnknownKeys.distance("", "rate"));
  }

  private static TrainConfig parse(String text) {
    return TrainConfig.parse("c", text, TrainConfig.official());
  }

  private static String failure(String text) {
    return String.valueOf(assertThrows(ConfigException.class, () -> parse(text)).getMessage());
  }

  private static void assertStarts(String start, String message) {
    assertEquals(start, message.substring(0, Math.min(start.length(), message.length())), message);
  }
}
