package org.diffusionnft.rewards;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JpegRewardTest {
  /** Sizes of the files that Pillow 12.3 writes of the same pixels with quality 95. */
  @ParameterizedTest
  @CsvSource({
    "flat, 32, 32, 645",
    "slope, 32, 32, 855",
    "noise, 32, 32, 1818",
    "flat, 100, 60, 741",
    "slope, 100, 60, 1787",
    "noise, 100, 60, 8467",
    "flat, 512, 512, 4725",
    "slope, 512, 512, 20406",
    "noise, 512, 512, 308064",
  })
  void filesAreAsLargeAsThoseOfPillow(String kind, int width, int height, int bytes) {
    Images image = new Images(values(kind, width, height), 3, height, width);
    Scores scores =
        score(image, Map.of("jpeg_incompressibility", 1.0, "jpeg_compressibility", 0.0));
    assertEquals((float) (bytes / 1000.0), scores.total()[0]);
    assertEquals(
        (float) (-bytes / 1000.0 / 500), scores.components().get("jpeg_compressibility")[0]);
  }

  @Test
  void numbersOutsideTheRangeOfPicturesAreClamped() {
    float[] values = values("noise", 16, 16);
    float[] wild = values.clone();
    for (int i = 0; i < wild.length; i++) {
      wild[i] = values[i] <= -1 ? -7 : values[i] >= 1 ? 7 : values[i];
    }
    wild[0] = -100;
    values[0] = -1;
    float[] both = java.util.Arrays.copyOf(values, 2 * values.length);
    System.arraycopy(wild, 0, both, values.length, wild.length);
    float[] scores =
        score(new Images(both, 3, 16, 16), Map.of("jpeg_incompressibility", 1.0)).total();
    assertArrayEquals(new float[] {scores[0], scores[0]}, scores);
  }

  private static Scores score(Images images, Map<String, Double> weights) {
    try (WeightedRewards rewards = WeightedRewards.open(RewardSettings.weights(weights))) {
      List<Prompt> prompts = Collections.nCopies(images.count(), Prompt.of("anything"));
      return rewards.score(images, prompts);
    }
  }

  private static float[] values(String kind, int width, int height) {
    float[] values = new float[3 * width * height];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int level =
              switch (kind) {
                case "flat" -> new int[] {200, 30, 90}[c];
                case "slope" -> slope(c, x, y, width, height);
                default -> noise(c, x, y);
              };
          values[(c * height + y) * width + x] = level / 127.5f - 1;
        }
      }
    }
    return values;
  }

  private static int slope(int c, int x, int y, int width, int height) {
    return switch (c) {
      case 0 -> x * 255 / (width - 1);
      case 1 -> y * 255 / (height - 1);
      default -> (x + y) * 255 / (width + height - 2);
    };
  }

  private static int noise(int c, int x, int y) {
    long mixed = (x * 73856093L ^ y * 19349663L ^ (c + 1) * 83492791L) & 0xffffffffL;
    return (int) (((mixed * 2654435761L) & 0xffffffffL) >>> 24);
  }
}
