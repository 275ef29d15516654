package org.diffusionnft.rewards;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColourRewardTest {
  private static final float[] BLACK = {-1, -1, -1};
  private static final float[] WHITE = {1, 1, 1};
  private static final float[] RED = {1, -1, -1};

  /** One of one colour is 1, black for white is 0, and distances in between are Euclidean. */
  @ParameterizedTest
  @CsvSource({
    "ffffff, 0, 1, 0.183503",
    "000000, 1, 0, 0.422650",
    "ff0000, 0.422650, 0.183503, 1",
    "'#FF0000', 0.422650, 0.183503, 1",
  })
  void scoresAreDistances(String wish, float black, float white, float red) {
    float[] scores = score(wish, BLACK, WHITE, RED);
    assertArrayEquals(new float[] {black, white, red}, scores, 1e-5f);
  }

  @Test
  void aPictureIsTheMeanOfItsPixelsAndClamped() {
    // two pixels side by side: red and beyond black
    Images image = new Images(new float[] {3, -9, -1, -1, -1, -1}, 3, 1, 2);
    float both = open("ff0000").score(image, List.of(Prompt.of("")))[0];
    assertEquals((1 + 0.422650f) / 2, both, 1e-5);
  }

  @Test
  void mistakesAreToldInOneSentence() {
    assertRefused(Map.of(), "reward 'colour' needs 'wish', the colour as six hexadecimal digits");
    assertRefused(
        Map.of("wish", "red"), "rewards.colour.wish must be six hexadecimal digits such as");
    assertRefused(Map.of("wish", "ff0000", "hue", "1"), "unknown key rewards.colour.hue: known");
  }

  /** Two stages that ask for one reward share it; other options are another one. */
  @Test
  void sharedRewardsAreOpenedOnce() {
    try (SharedRewards shared = new SharedRewards()) {
      Reward one = shared.named(settings("ff0000", 1)).get("colour");
      assertTrue(one == shared.named(settings("ff0000", 2)).get("colour"));
      assertTrue(one != shared.named(settings("00ff00", 1)).get("colour"));
      Images red = new Images(RED, 3, 1, 1);
      WeightedRewards twice = shared.weighted(settings("ff0000", 2));
      assertEquals(2, twice.score(red, List.of(Prompt.of(""))).total()[0]);
      LinkedHashMap<String, Reward> others = new LinkedHashMap<>();
      others.put("colour", (_, _) -> new float[] {7});
      others.put("other", (_, _) -> new float[] {5});
      WeightedRewards.Scores scores = twice.measuring(others).score(red, List.of(Prompt.of("")));
      assertEquals(2, scores.total()[0], "what is only measured has no weight");
      assertEquals(1, scores.components().get("colour")[0], "what is trained on stays");
      assertEquals(5, scores.components().get("other")[0]);
    }
  }

  private static LinkedHashMap<String, RewardSettings> settings(String wish, double weight) {
    LinkedHashMap<String, String> options = new LinkedHashMap<>(Map.of("wish", wish));
    LinkedHashMap<String, RewardSettings> settings = new LinkedHashMap<>();
    settings.put("colour", new RewardSettings(weight, options));
    return settings;
  }

  private static Reward open(String wish) {
    return new ColourReward.Provider().open(new RewardOptions("colour", Map.of("wish", wish)));
  }

  private static void assertRefused(Map<String, String> options, String message) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> new ColourReward.Provider().open(new RewardOptions("colour", options)));
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }

  private static float[] score(String wish, float[]... pixels) {
    float[] values = new float[3 * pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      System.arraycopy(pixels[i], 0, values, 3 * i, 3);
    }
    return open(wish)
        .score(new Images(values, 3, 1, 1), Collections.nCopies(pixels.length, Prompt.of("")));
  }
}
