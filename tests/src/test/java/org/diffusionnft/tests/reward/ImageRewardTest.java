package org.diffusionnft.tests.reward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.blip.BlipLayout;
import org.diffusionnft.models.blip.BlipTextConfig;
import org.diffusionnft.models.blip.BlipVisionConfig;
import org.diffusionnft.models.blip.ImageRewardModel;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.clip.ClipPreprocessing;
import org.diffusionnft.rewards.imagereward.ImageReward;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.blip.ImageRewardCheckpoint;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.tokenizer.BertVocabulary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ImageReward from files on disk to scores; the model's numbers are a golden case's matter. */
@Tag("slow")
class ImageRewardTest {
  private static final int WORDS = 161;
  private static final int[] HEAD = {64, 20, 12, 10, 6, 1};
  private static final int[] POSITIONS = {0, 2, 4, 6, 7};

  private final List<Prompt> prompts =
      List.of(Prompt.of("a photo of a red bird"), Prompt.of("two dogs"), Prompt.of(""));
  private final Images images = new Images(new Philox(4, 0).normals(0, 3 * 3 * 70 * 50), 3, 70, 50);

  @TempDir Path folder;

  @BeforeEach
  void makeFiles() throws IOException {
    Files.copy(vocabulary(), folder.resolve("vocab.txt"));
    try (ReferenceDevice host = new ReferenceDevice()) {
      SafetensorsWriter.write(folder.resolve("model.safetensors"), weights(host), Map.of());
    }
  }

  private static Path vocabulary() {
    try {
      var url = Objects.requireNonNull(ImageRewardTest.class.getResource("/golden/image_reward"));
      return Path.of(url.toURI()).resolve("vocab.txt");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One head of 64 in each encoder. */
  private static Map<String, Tensor> weights(ReferenceDevice host) {
    Map<String, Shape> shapes =
        new LinkedHashMap<>(
            BlipLayout.parameters(
                new BlipVisionConfig(48, 16, 64, 2, 1, 96, 1e-6),
                new BlipTextConfig(WORDS, 64, 2, 1, 80, 40, 64, 1e-12)));
    for (int i = 0; i < POSITIONS.length; i++) {
      shapes.put("mlp.layers." + POSITIONS[i] + ".weight", Shape.of(HEAD[i + 1], HEAD[i]));
      shapes.put("mlp.layers." + POSITIONS[i] + ".bias", Shape.of(HEAD[i + 1]));
    }
    Map<String, Tensor> weights = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          float[] values =
              new Philox(3, weights.size()).normals(0, Math.toIntExact(shape.elements()));
          for (int i = 0; i < values.length; i++) {
            values[i] = values[i] * 0.2f + (name.matches(".*[nN]orm.?\\.weight") ? 1 : 0);
          }
          weights.put(name, Tensor.of(host, values, shape.dims()));
        });
    return weights;
  }

  @Test
  void scoresAreThoseOfTheModelPictureByPicture() throws IOException {
    float[] scores;
    try (WeightedRewards rewards = open(Map.of("batchSize", "2"))) {
      scores = rewards.score(images, prompts).total();
    }
    List<Double> expected = new ArrayList<>();
    try (ReferenceDevice device = new ReferenceDevice();
        ImageRewardCheckpoint checkpoint =
            ImageRewardCheckpoint.open(folder.resolve("model.safetensors"));
        ImageRewardModel model = checkpoint.load(device);
        Memory.Scope _ = device.memory().scope()) {
      Tokenizer tokenizer = BertVocabulary.open(folder.resolve("vocab.txt"), ImageReward.APPENDED);
      for (int i = 0; i < prompts.size(); i++) {
        float[] pixels = ClipPreprocessing.ofSize(48).centred(images.pixels(i));
        Encoded words = tokenizer.encode(prompts.get(i).text(), ImageReward.TOKENS);
        expected.add(
            model
                .scores(
                    new long[][] {words.ids()},
                    new int[] {words.used()},
                    model.pictures(Tensor.of(device, pixels, 1, 3, 48, 48)))[0]);
      }
    }
    double[] all = expected.stream().mapToDouble(Double::doubleValue).toArray();
    double[] found = new double[scores.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = scores[i];
    }
    assertArrayEquals(all, found, 1e-4);
    assertNotEquals(all[0], all[1], 1e-3);
  }

  @Test
  void anotherPromptIsAnotherScore() {
    try (WeightedRewards rewards = open(Map.of())) {
      float[] scores = rewards.score(images, prompts).total();
      float[] others =
          rewards.score(images, List.of(prompts.get(1), prompts.get(0), prompts.get(2))).total();
      assertTrue(Math.abs(scores[0] - others[0]) > 1e-4, scores[0] + " and " + others[0]);
      assertEquals(scores[2], others[2], 1e-6);
    }
  }

  @Test
  void filesThatDoNotFitAreTold() throws IOException {
    assertRefused(
        Map.of("model", folder.resolve("absent.pt").toString()),
        "reward 'image_reward' needs the ImageReward model, and there is no");
    Path vocabulary = folder.resolve("vocab.txt");
    List<String> words = Files.readAllLines(vocabulary);
    Files.write(vocabulary, words.subList(0, words.size() - 1));
    assertRefused(Map.of(), "has 160 tokens with [DEC] and [ENC] behind them, but the model in");
    Files.write(vocabulary, words.stream().filter(w -> !w.equals("[SEP]")).toList());
    assertRefused(Map.of(), "has no '[SEP]', which BERT's have");
    Files.write(vocabulary, words.stream().map(w -> w.equals("a") ? "b" : w).toList());
    assertRefused(Map.of(), "token 'b' has the ids");
    Files.write(vocabulary, words);
    try (ReferenceDevice host = new ReferenceDevice()) {
      Map<String, Tensor> weights = weights(host);
      weights.remove("blip.visual_encoder.blocks.1.attn.qkv.bias");
      SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
      assertRefused(Map.of(), "1 missing: blip.visual_encoder.blocks.1.attn.qkv.bias");
      weights.keySet().removeIf(name -> name.startsWith("blip.text"));
      SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
      assertRefused(Map.of(), "holds no ImageReward model");
    }
    assertRefused(Map.of("tokenizer", "x"), "unknown key rewards.image_reward.tokenizer");
  }

  private void assertRefused(Map<String, String> options, String message) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> open(options).close());
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  private WeightedRewards open(Map<String, String> more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("model", folder.resolve("model.safetensors").toString());
    options.put("vocabulary", folder.resolve("vocab.txt").toString());
    options.put("device", "reference");
    options.putAll(more);
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put("image_reward", new RewardSettings(1, new LinkedHashMap<>(options)));
    return WeightedRewards.open(settings);
  }
}
