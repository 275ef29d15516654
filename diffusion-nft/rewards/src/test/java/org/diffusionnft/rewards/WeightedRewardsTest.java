package org.diffusionnft.rewards;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.junit.jupiter.api.Test;

class WeightedRewardsTest {
  private static final List<Prompt> PROMPTS = List.of(Prompt.of("a"), Prompt.of("bb"));
  private static final Images IMAGES = new Images(new float[] {1, 2, 3, 4, 5, 6}, 3, 1, 1);
  private static final Reward FIRST_VALUE =
      (images, prompts) -> new float[] {images.image(0)[0], images.image(1)[0]};
  private static final Reward LENGTH =
      (images, prompts) ->
          new float[] {prompts.get(0).text().length(), prompts.get(1).text().length()};

  @Test
  void theSumIsWeightedAndComponentsAreNot() {
    LinkedHashMap<String, Reward> rewards = new LinkedHashMap<>();
    rewards.put("first", FIRST_VALUE);
    rewards.put("length", LENGTH);
    var scores =
        new WeightedRewards(rewards, Map.of("first", 0.5, "length", -2.0)).score(IMAGES, PROMPTS);
    assertArrayEquals(new float[] {-1.5f, -2}, scores.total());
    assertEquals(List.of("first", "length"), List.copyOf(scores.components().keySet()));
    assertArrayEquals(new float[] {1, 4}, scores.components().get("first"));
  }

  @Test
  void whatIsNoScoreIsRefused() {
    Reward bad = (images, prompts) -> new float[] {1, Float.NaN};
    Reward few = (images, prompts) -> new float[] {1};
    for (Reward reward : List.of(bad, few)) {
      WeightedRewards rewards = WeightedRewards.of("broken", reward);
      String message =
          String.valueOf(
              assertThrows(IllegalStateException.class, () -> rewards.score(IMAGES, PROMPTS))
                  .getMessage());
      assertTrue(message.contains("'broken'"), message);
    }
  }

  @Test
  void unknownNamesAreRefusedBeforeAnythingRuns() {
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> WeightedRewards.open(RewardSettings.weights(Map.of("beauty", 1.0))))
                .getMessage());
    assertTrue(message.startsWith("there is no reward 'beauty'"), message);
  }
}
