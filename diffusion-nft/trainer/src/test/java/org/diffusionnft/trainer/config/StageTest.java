package org.diffusionnft.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.trainer.config.StagePlan.Part;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageTest {
  private static final String THREE =
      """
      sampling: {steps: 20}
      stages:
        - name: look
          epochs: 4
        - name: count
          epochs: 3
          prompts: {source: dataset/geneval, promptsPerEpoch: 24}
          rewards: {geneval: 1, pickscore: {weight: 0.5, model: here}}
          sampling: {steps: 40}
          training: {innerEpochs: 2}
        - epochs: 2
          loss: {guidanceBeta: 0.5}
          oldPolicy: {decayType: 2}
      """;

  @Test
  void aStageIsTheRunButForWhatItSays() {
    TrainConfig config = parse(THREE);
    assertEquals(9, config.epochs());
    StagePlan plan = config.plan();
    assertTrue(plan.isStaged());
    assertEquals(
        List.of("look", "count", "stage 3"), plan.parts().stream().map(Part::name).toList());
    TrainConfig count = plan.at(4).config();
    assertEquals(40, count.sampling().steps());
    assertEquals("dpm2", count.sampling().solver());
    assertEquals(24 * 24, count.prompts().imagesPerEpoch());
    assertEquals(List.of("geneval", "pickscore"), List.copyOf(count.rewards().keySet()));
    assertEquals(20, plan.at(0).config().sampling().steps());
    TrainConfig last = plan.at(8).config();
    assertEquals(0.5, last.loss().guidanceBeta());
    assertEquals(SoftUpdateSchedule.ofType(2), last.oldPolicy());
    assertEquals(config.rewards(), last.rewards());
    assertTrue(plan.parts().stream().allMatch(part -> part.config().stages().isEmpty()));
  }

  @Test
  void everyEpochHasItsStageAndItsPasses() {
    StagePlan plan = parse(THREE).plan();
    assertEquals(
        List.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2),
        IntStream.range(0, 11).mapToObj(epoch -> plan.at(epoch).index()).toList());
    assertEquals(
        List.of(0L, 1L, 2L, 3L, 4L, 6L, 8L, 10L, 11L),
        IntStream.range(0, 9).mapToObj(plan::pass).toList(),
        "no pass has the random numbers of another");
    assertEquals(
        List.of(4, 7), IntStream.range(0, 12).filter(plan::crossesBorder).boxed().toList());
    assertEquals(List.of(4, 7, 9), IntStream.range(0, 12).filter(plan::isEnd).boxed().toList());
    assertEquals("look", plan.after(4).name());
    assertEquals("look", plan.after(0).name());
    StagePlan plain = TrainConfig.official().plan();
    assertFalse(plain.isStaged() || plain.isEnd(100_000) || plain.crossesBorder(0));
    assertEquals(7, plain.pass(7));
  }

  @Test
  void writingAndReadingIsTheSame() {
    TrainConfig config = parse(THREE);
    assertEquals(config, parse(config.toYaml()), config.toYaml());
    assertTrue(config.toYaml().contains("- name: count\n"), config.toYaml());
    assertFalse(
        TrainConfig.official().toYaml().contains("stages"), "what is not there is not written");
    String commented = SettingsReference.commented(config);
    assertEquals(config, parse(commented), commented);
  }

  /** What a stage leaves out is the run's, also when that is changed afterwards. */
  @Test
  void theRunsOwnSettingsReachItsStages() {
    TrainConfig config = parse(THREE);
    TrainConfig other = config.withSampling(config.sampling().withSteps(7).withBatchSize(3));
    assertEquals(7, other.plan().at(0).config().sampling().steps());
    assertEquals(40, other.plan().at(4).config().sampling().steps());
    assertEquals(3, other.plan().at(4).config().sampling().batchSize());
    TrainConfig over = TrainConfig.parse("over", "loss: {advClipMax: 2}", config);
    assertEquals(2, over.plan().at(8).config().loss().advClipMax());
    assertEquals(9, over.epochs());
  }

  @Test
  void filesOfAllStagesCanLieElsewhere() {
    TrainConfig config =
        parse(
            """
            model: m
            prompts: {source: a}
            stages:
              - {epochs: 1}
              - {epochs: 1, prompts: {source: b}}
              - {epochs: 1, prompts: {promptsPerEpoch: 24}}
            """);
    TrainConfig there = config.relocated(name -> "/there/" + name);
    assertEquals("/there/m", there.model());
    assertEquals("/there/none", there.evaluation().source());
    assertEquals(
        List.of("/there/a", "/there/b", "/there/a"),
        there.plan().parts().stream().map(part -> part.config().prompts().source()).toList());
    assertEquals(config, config.relocated(name -> name));
  }

  @Test
  void aRunEndsEarlierOrItsLastStageIsLonger() {
    TrainConfig config = parse(THREE);
    TrainConfig shorter = config.withEpochs(3);
    assertEquals(3, shorter.epochs());
    assertEquals(config.stages(), shorter.stages());
    assertEquals(shorter, parse(shorter.toYaml()));
    assertEquals(config, shorter.withEpochs(9));
    TrainConfig longer = config.withEpochs(20);
    assertEquals(13, longer.stages().getLast().epochs());
    assertEquals(longer, parse(longer.toYaml()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          stages: 3                       | c:1: stages must be a list of stages, not '3'
          stages: [3]                     | c:1: stages.1 must be keys and values, not '3'
          stages: [{name: a}]             | c:1: stages.1.epochs is missing: say how many epochs the stage has
          stages: [{epochs: 0}]           | c:1: stages.1.epochs must be at least 1, not 0
          stages:\\n- epochs: 1\\n- {epochs: 2,\\n   loss: {guidanceBeta: 0}} | c:4: stages.2.loss.guidanceBeta must be a number above 0, not 0.0
          stages: [{epochs: 1, seed: 2}]  | c:1: unknown key stages.1.seed: the keys here are name, epochs, rewards, prompts, sampling,
          stages: [{epochs: 1, algorithm: grpo}] | c:1: unknown key stages.1.algorithm: the keys
          stages: [{epochs: 1, loss: {beta: 1}}] | c:1: unknown key stages.1.loss.beta, did you mean stages.1.loss.guidanceBeta?
          stages: [{epochs: 1, stages: []}] | c:1: unknown key stages.1.stages: the keys here
          epochs: 5\\nstages: [{epochs: 1}, {epochs: 3}] | c:1: epochs is 5, but the stages end after 4: leave epochs out, or make the last stage longer
          stages: [{epochs: 600000}, {epochs: 600000}] | c:1: stages add up to 1200000 epochs, but a run has at most 1000000
          stages: [{epochs: 1, name: a}, {epochs: 1, name: a}] | c:1: stages has two of the name 'a': give each another name
          stages: [{epochs: 1, name: ''}] | c:1: stages.1.name must be one value, not nothing
          stages: [{epochs: 1, training: {batchSize: 7}}] | c:1: stages.1.training cuts the 1152 images of an epoch
          stages: [{epochs: 1, rewards: {}}] | c:1: stages.1.rewards must be at least one name with its weight
          stages: [{epochs: 1, sampling: {mergeLimitMb: 1}}] | c:1: stages.1.sampling cannot change mergeLimitMb in a stage: it is the whole run's
          stages: [{epochs: 1, training: {precision: bf16}}] | c:1: stages.1.training cannot change precision in a stage: it is the whole run's
          algorithm: grpo\\nsampling: {solver: flow, deterministic: false}\\nstages: [{epochs: 1, sampling: {deterministic: true}}] | c:3: stages.1.algorithm grpo needs noise in sampling
          """)
  void mistakesAreToldInOneSentence(String text, String message) {
    String found =
        String.valueOf(
            assertThrows(ConfigException.class, () -> parse(text.replace("\\n", "\n")))
                .getMessage());
    assertEquals(message, found.substring(0, Math.min(message.length(), found.length())), found);
  }

  @Test
  void thereIsAnEndOfStages() {
    String many = "stages:\n" + "- {epochs: 1}\n".repeat(101);
    assertTrue(
        String.valueOf(assertThrows(ConfigException.class, () -> parse(many)).getMessage())
            .startsWith("c:2: stages has 101 stages, but at most 100 are taken"));
  }

  @Test
  void aRunThatChangesBesideItsStagesMustStillFitThem() {
    TrainConfig config = parse("stages: [{epochs: 1, training: {batchSize: 36}}]");
    InvalidSettingException e =
        assertThrows(
            InvalidSettingException.class, () -> config.withPrompts(new PromptSettings("x", 5, 9)));
    assertTrue(
        String.valueOf(e.getMessage())
            .startsWith("stages do not fit the run in stage 'stage 1': training cuts the 45"),
        e.getMessage());
  }

  /** A stage that a run has not come to may still be edited: the run is as if it always was so. */
  @Test
  void onlyStagesThatHaveBegunAreFixed() {
    TrainConfig saved = parse(THREE);
    TrainConfig edited =
        parse(
            THREE
                .replace("epochs: 4", "epochs: 4\n    loss: {guidanceBeta: 3}")
                .replace("epochs: 3", "epochs: 5")
                .replace("guidanceBeta: 0.5", "guidanceBeta: 0.7"));
    ConfigEdits edits = ConfigEdits.between(saved, edited, 5);
    assertEquals(
        List.of(
            "epochs is 11, and was 9",
            "stages.2.epochs is 5, and was 3",
            "stages.3.loss.guidanceBeta is 0.7, and was 0.5"),
        edits.free());
    assertEquals(List.of("stages.1.loss.guidanceBeta is 3.0, and was not there"), edits.fixed());
    assertEquals(
        List.of(
            "stages.1.loss.guidanceBeta is 3.0, and was not there",
            "stages.2.epochs is 5, and was 3",
            "stages.3.loss.guidanceBeta is 0.7, and was 0.5"),
        ConfigEdits.between(saved, edited, 8).fixed());
    assertEquals(
        List.of("epochs is 20, and was 9", "stages.3.epochs is 13, and was 2"),
        ConfigEdits.between(saved, saved.withEpochs(20), 9).free());
    assertEquals(List.of(), ConfigEdits.between(saved, saved.withEpochs(20), 9).fixed());
  }

  @Test
  void rewardsThatAreOnlyMeasuredAreKept() {
    TrainConfig config = parse("evaluation: {rewards: {aesthetic: {device: vector}, ocr: 0}}");
    assertEquals(List.of("aesthetic", "ocr"), List.copyOf(config.evaluation().rewards().keySet()));
    assertTrue(config.evaluation().isFirst());
    assertFalse(TrainConfig.official().evaluation().isFirst());
    assertEquals(config, parse(config.toYaml()));
    assertFalse(parse("").toYaml().contains("rewards: {}"));
  }

  private static TrainConfig parse(String text) {
    return TrainConfig.parse("c", text, TrainConfig.official());
  }
}
