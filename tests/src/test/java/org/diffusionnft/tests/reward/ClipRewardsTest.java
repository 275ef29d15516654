package org.diffusionnft.tests.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rewards of CLIP models from files on disk to scores, tokenizer and pictures included. */
@Tag("slow")
class ClipRewardsTest {
  private static final double TOLERANCE = 1e-5;

  @TempDir Path folder;
  private final List<Prompt> prompts = new ArrayList<>();

  private static Path golden(String name) {
    try {
      var url = Objects.requireNonNull(ClipRewardsTest.class.getResource("/golden/" + name));
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void makeModelFolder() throws IOException {
    JsonNode config = StrictJson.readObject(golden("clip_score/config.json"));
    Files.copy(golden("clip_score/weights.safetensors"), folder.resolve("model.safetensors"));
    StrictJson.write(folder.resolve("config.json"), config.path("model_config"));
    config.path("texts").forEach(text -> prompts.add(Prompt.of(text.asText())));
  }

  private WeightedRewards open(String name, Map<String, String> more) {
    Map<String, String> options = new LinkedHashMap<>(more);
    options.put("model", folder.toString());
    options.put("tokenizer", golden("tokenizers/clip").toString());
    options.put("batchSize", "2");
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put(name, new RewardSettings(1, new LinkedHashMap<>(options)));
    return WeightedRewards.open(settings);
  }

  /** Scores of the pictures of bytes, which are of three sizes. */
  private void assertScores(WeightedRewards rewards, String expectedName) throws IOException {
    try (rewards;
        ReferenceDevice host = new ReferenceDevice();
        SafetensorsFile inputs = SafetensorsFile.open(golden("clip_score/inputs.safetensors"));
        SafetensorsFile all = SafetensorsFile.open(golden("clip_score/expected.safetensors"))) {
      double[] expected = all.tensor(expectedName, host).toDoubles();
      for (int i = 0; i < prompts.size(); i++) {
        Shape shape = inputs.shape("image_uint8." + i);
        long[] bytes = inputs.tensor("image_uint8." + i, host).toLongs();
        int height = shape.intDim(0);
        int width = shape.intDim(1);
        float[] values = new float[bytes.length];
        for (int at = 0; at < bytes.length; at++) {
          values[at % 3 * width * height + at / 3] = bytes[at] / 255f * 2 - 1;
        }
        float[] score =
            rewards.score(new Images(values, 3, height, width), prompts.subList(i, i + 1)).total();
        assertEquals(expected[i], score[0], TOLERANCE, expectedName + " of picture " + i);
      }
    }
  }

  @Test
  void pickScore() throws IOException {
    assertScores(open("pickscore", Map.of()), "pickscore");
  }

  @Test
  void aestheticHead() throws IOException {
    String head = golden("clip_score/aesthetic_mlp.safetensors").toString();
    assertScores(open("aesthetic", Map.of("head", head)), "aesthetic");
  }

  @Test
  void clipScore() throws IOException {
    try (ReferenceDevice host = new ReferenceDevice();
        SafetensorsFile all = SafetensorsFile.open(golden("clip_score/expected.safetensors"))) {
      assertScoresOfPixels("clipscore", all.tensor("clip_scorer.score", host).toDoubles());
    }
  }

  /**
   * Recorded by the reference code's steps: {@code interpolate(mode="bicubic", antialias=True)} to
   * 28 by 32, zeros around, normalised, transformers' {@code CLIPModel}, the cosine.
   */
  @Test
  void hpsv2() throws IOException {
    assertScoresOfPixels(
        "hpsv2", new double[] {-0.28486183285713196, -0.12535619735717773, -0.17020034790039062});
  }

  private void assertScoresOfPixels(String name, double[] expected) throws IOException {
    try (WeightedRewards rewards = open(name, Map.of());
        ReferenceDevice host = new ReferenceDevice();
        SafetensorsFile inputs = SafetensorsFile.open(golden("clip_score/inputs.safetensors"))) {
      float[] pixels = inputs.tensor("clip_scorer.pixels", host).toFloats();
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = pixels[i] * 2 - 1;
      }
      Shape shape = inputs.shape("clip_scorer.pixels");
      float[] scores =
          rewards.score(new Images(pixels, 3, shape.intDim(2), shape.intDim(3)), prompts).total();
      for (int i = 0; i < scores.length; i++) {
        assertEquals(expected[i], scores[i], TOLERANCE, name + " of picture " + i);
      }
    }
  }
}
