package org.diffusionnft.rewards;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rewards whose models are not here say which file is missing and where people get it. */
class RewardFilesTest {
  @ParameterizedTest
  @CsvSource({
    "geneval, mask2former-swin-small-coco-instance, facebook/mask2former-swin-small-coco-instance",
    "clipscore, clip-vit-large-patch14, huggingface.co/openai/clip-vit-large-patch14",
    "pickscore, PickScore_v1, huggingface.co/yuvalkirstain/PickScore_v1",
    "hpsv2, HPS_v2.1_compressed, huggingface.co/xswu/HPSv2",
    "aesthetic, sac+logos+ava1-l14-linearMSE,"
        + " github.com/christophschuhmann/improved-aesthetic-predictor",
  })
  void missingModels(String reward, String file, String source) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> WeightedRewards.open(RewardSettings.weights(Map.of(reward, 1.0))));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("reward '" + reward + "' needs "), message);
    assertTrue(message.contains(file) && message.contains(source), message);
  }

  @ParameterizedTest
  @CsvSource({"jpeg_compressibility"})
  void unknownOptions(String reward) {
    LinkedHashMap<String, String> options = new LinkedHashMap<>(Map.of("color", "red"));
    LinkedHashMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put(reward, new RewardSettings(1, options));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> WeightedRewards.open(settings));
    assertTrue(
        String.valueOf(e.getMessage()).contains("unknown key rewards.jpeg_compressibility.color"),
        e.getMessage());
  }
}
