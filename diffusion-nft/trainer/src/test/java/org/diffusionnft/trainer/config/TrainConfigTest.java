package org.diffusionnft.trainer.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.junit.jupiter.api.Tag;
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
          training: {beta1: 1}        | c:1: unknown key training.beta1, did you mean training.adamBeta1?
          samplin: {steps: 3}         | c:1: unknown key samplin, did you mean sampling?
          oldPolicy: {decaytype: 1}   | c:1: unknown key oldPolicy.decaytype, did you mean oldPolicy.decayType?
          seed: x                     | c:1: seed must be a whole number, not 'x'
          seed: 1\\nseed: 2           | c:2: the key seed is there twice
          seed: 010                   | c:1: seed must be a number without a 0 at its beginning, not '010', which YAML 1.1 reads as 8
          seed: -0_17                 | c:1: seed must be a number without a 0 at its beginning, not '-0_17', which YAML 1.1 reads as -15
          seed: 5_                    | c:1: seed must be a whole number, not '5_'
          epochs: ٣                   | c:1: epochs must be a whole number, not '٣'
          epochs: 0x10                | c:1: epochs must be a whole number, not '0x10'
          training: {learningRate: 1e-2f} | c:1: training.learningRate must be a number, not '1e-2f'
          training: {learningRate: 1d} | c:1: training.learningRate must be a number, not '1d'
          training: {learningRate: 0x1p-3} | c:1: training.learningRate must be a number, not '0x1p-3'
          training: {learningRate: ٣} | c:1: training.learningRate must be a number, not '٣'
          training: {learningRate: 017} | c:1: training.learningRate must be a number without a 0 at its beginning, not '017', which YAML 1.1 reads as 15
          seed: 1\\n\\u0000             | c:2: has the character U+0000, which YAML does not allow: save the file as text in UTF-8
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
    assertEquals(message, failure(text.replace("\\n", "\n").replace("\\u0000", "\0")));
  }

  @Test
  void plainNumbersAreTaken() {
    assertEquals(1_000_000, parse("seed: 1_000_000").seed());
    assertEquals(-7, parse("seed: -7").seed());
    for (String tenth : List.of("0.1", "1e-1", ".1", "+0.1", "1.E-1", "00.1")) {
      assertEquals(0.1, parse("training: {learningRate: " + tenth + "}").training().learningRate());
    }
  }

  /** The parser's time grows with the square of a text's length. */
  @Test
  void settingsAreBoundedInSize(@TempDir Path folder) throws IOException {
    String most = "model: \"" + "a".repeat(YamlNode.LONGEST - 10) + "\"\n";
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> parse(most));
    assertEquals(
        "c: has 262145 characters, of which settings may have 262144", failure(most + "#"));
    Path file = folder.resolve("long.yaml");
    Files.writeString(file, "#".repeat(400_000));
    IOException e = assertThrows(IOException.class, () -> TrainConfig.read(file));
    assertEquals(
        file + ": is larger than 256 KiB, too much for such a file: is it the right one?",
        e.getMessage());
  }

  @Test
  void otherMistakesToo() {
    assertStarts(
        "c:2: unknown key sampling.zzzzzzzzzz: the keys here are steps, solver, deterministic, ",
        failure("sampling:\n  zzzzzzzzzz: 1"));
    assertStarts("c:1: sampling.solver cannot be used: ", failure("sampling: {solver: euler}"));
    assertStarts("c:3: not valid YAML: ", failure("seed: 1\nsampling:\n  steps: [1\n"));
    assertStarts(
        "c:1: training cuts the 1152 images of an epoch", failure("training: {batchSize: 7}"));
    assertStarts("c:1: training leaves no timestep", failure("training: {timestepFraction: 0.05}"));
    assertEquals(
        "c:1: training takes 5 timesteps for each image, but timestepRange 0.4 leaves 4 of the 10"
            + " sampling steps: make timestepFraction smaller or timestepRange larger",
        failure("training: {timestepFraction: 0.5, timestepRange: 0.4}"));
  }

  /** A hint that is no hint is worse than none. */
  @Test
  void farOffWordsGetNoHint() {
    assertStarts("c:1: unknown key lr: the keys here are algorithm, seed, ", failure("lr: 1"));
    assertStarts("c:1: unknown key training.lr: the keys", failure("training: {lr: 1}"));
    assertStarts("c:1: unknown key foo: the keys", failure("foo: 1"));
  }

  @Test
  void tabsAreNamed() {
    for (String text : List.of("sampling:\n\tsteps: 1\n", "sampling:\n  \tsteps: [1\n")) {
      assertEquals("c:2: is indented with a tab: YAML is indented with spaces only", failure(text));
    }
  }

  /** Every number has bounds, and they are looked at before anything is computed with it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          training: {batchSize: 65536, optimizerStepsPerEpoch: 65536} | c:1: training cuts the 1152 images
          training: {batchSize: 2147483647, optimizerStepsPerEpoch: 2147483647} | c:1: training cuts
          training: {gradientShards: 1000001} | c:1: training.gradientShards must be at most 1000000
          training: {gradientShards: 5} | c:1: training cuts each optimizer step into gradientShards: 5, which does not divide evenly: a step has 1152 passes over a batch (128 batches at 9 timesteps each), so choose a divisor of 1152
          training: {innerEpochs: 2147483647} | c:1: training.innerEpochs must be at most 1000,
          adapter: {rank: 2147483647}     | c:1: adapter.rank must be at most 4096, not 2147483647
          adapter: {rank: 1000000}        | c:1: adapter.rank must be at most 4096, not 1000000
          adapter: {start: x, rank: 5000} | c:1: adapter.rank must be at most 4096, not 5000
          adapter: {alpha: 1e300}         | c:1: adapter.alpha must be a number from 1e-37 to 1e37
          adapter: {alpha: NaN}           | c:1: adapter.alpha must be a number, not 'NaN'
          epochs: 2147483647              | c:1: epochs must be at most 1000000, not 2147483647
          seed: 9223372036854775808       | c:1: seed must be a whole number below 2^63, not '9223
          resolution: 2147483647          | c:1: resolution must be at most 16384
          pipeline: {tile: 2147483647}    | c:1: pipeline.tile must be at most 16384
          prompts: {promptsPerEpoch: 65536, imagesPerPrompt: 65536} | c:1: prompts.promptsPerEpoch must
          prompts: {promptsPerEpoch: 2147483647} | c:1: prompts.promptsPerEpoch must be small enough
          sampling: {batchSize: 2147483647} | c:1: sampling.batchSize must be at most 16777216
          sampling: {guidanceScale: NaN}  | c:1: sampling.guidanceScale must be a number, not 'NaN'
          sampling: {guidanceScale: 1e9}  | c:1: sampling.guidanceScale must be at most 1000
          sampling: {noiseLevel: 1e9}     | c:1: sampling.noiseLevel must be at most 100
          sampling: {shift: Infinity}     | c:1: sampling.shift must be a number, not 'Infinity'
          sampling: {shift: 1e9}          | c:1: sampling.shift must be 0.001 to 1000
          training: {learningRate: NaN}   | c:1: training.learningRate must be a number, not 'NaN'
          training: {learningRate: 1e300} | c:1: training.learningRate must be a number from 1e-37
          rewards: {x: 1e64}              | c:1: rewards.x must be a weight from -3.4e38 to 3.4e38
          rewards: {x: {weight: -1e64}}   | c:1: rewards.x.weight must be a weight from -3.4e38
          stages: [{epochs: 1, rewards: {x: 1e64}}] | c:1: stages.1.rewards.x must be a weight
          evaluation: {rewards: {x: 1e64}} | c:1: evaluation.rewards.x must be a weight
          training: {adamEpsilon: 1e-300} | c:1: training.adamEpsilon must be a number from 1e-37
          loss: {guidanceBeta: 1e999}     | c:1: loss.guidanceBeta must be a number, not '1e999'
          loss: {optimalityOffset: 0.6}   | c:1: loss.optimalityOffset must be from 0 to 0.5, not 0.6
          grpo: {klWeight: -Infinity}     | c:1: grpo.klWeight must be a number, not '-Infinity'
          oldPolicy: {rate: NaN}          | c:1: oldPolicy.rate must be a number, not 'NaN'
          evaluation: {prompts: 2147483647} | c:1: evaluation.prompts must be at most 1000000
          rewards: {geneval: NaN}         | c:1: rewards.geneval must be a number, not 'NaN'
          rewards: {geneval: {weight: .inf}} | c:1: rewards.geneval.weight must be a number, not '.inf'
          """)
  void numbersOutOfBoundsAreRefused(String text, String message) {
    assertStarts(message, failure(text));
  }

  /** A run's config.yaml must be that run's, whatever is in its texts. */
  @Tag("slow")
  @Test
  void everyTextComesBackAsItWas() {
    String letters =
        "ab \n"
            + "\t\r"
            + ":#-'\"\\\u0000\u0007\u001b\u0085\u00a0\u2028\u2029\ufeff\u00e4\u4e00{}[],&*!|>%@`~0";
    Random random = new Random(4);
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      int length = 1 + random.nextInt(12);
      for (int j = 0; j < length; j++) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      if (random.nextInt(10) == 0) {
        text.append("\ud83d\ude00");
      }
      LinkedHashMap<String, String> options = new LinkedHashMap<>();
      options.put("question", text.toString());
      LinkedHashMap<String, RewardSettings> rewards = new LinkedHashMap<>();
      rewards.put("judge", new RewardSettings(1, options));
      TrainConfig config = TrainConfig.official().withOutput(text.toString()).withRewards(rewards);
      assertEquals(config, parse(config.toYaml()), () -> config.toYaml());
    }
  }

  @Test
  void editsThatChangeWhatIsLearntAreToldApart() {
    TrainConfig saved = parse("rewards: {ocr: {weight: 1, url: 'http://a'}}");
    ConfigEdits edits =
        ConfigEdits.between(
            saved,
            parse(
                "epochs: 7\n"
                    + "model: elsewhere\n"
                    + "evaluation: {every: 3}\n"
                    + "training: {learningRate: 1e-3}\n"
                    + "rewards: {ocr: {weight: 2, url: 'http://b'}, new: 1}"),
            5);
    assertEquals(
        List.of(
            "epochs is 7, and was 100000",
            "model is elsewhere, and was stabilityai/stable-diffusion-3.5-medium",
            "rewards.ocr.url is http://b, and was http://a",
            "evaluation.every is 3, and was 10"),
        edits.free());
    assertEquals(
        List.of(
            "rewards.ocr.weight is 2.0, and was 1.0",
            "training.learningRate is 0.001, and was 3.0E-4",
            "rewards.new.weight is 1.0, and was not there"),
        edits.fixed());
    assertEquals(new ConfigEdits(List.of(), List.of()), ConfigEdits.between(saved, saved, 5));
  }

  @Test
  void aWordIsSuggestedWhereMostLettersAreRight() {
    assertEquals(3, Spelling.distance("kitten", "sitting"));
    assertEquals(0, Spelling.distance("batchsize", "batchSize"));
    assertEquals(4, Spelling.distance("", "rate"));
    assertEquals(1, Spelling.distance("hlep", "help"));
    List<String> words = List.of("--help", "--model", "--mode");
    assertEquals(Optional.of("--model"), Spelling.nearest("--mdoel", words));
    assertEquals(Optional.of("--help"), Spelling.nearest("--hlep", words));
    assertEquals(Optional.empty(), Spelling.nearest("--width", words));
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
