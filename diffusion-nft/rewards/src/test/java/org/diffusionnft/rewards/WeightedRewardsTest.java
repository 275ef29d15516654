package org.diffusionnft.rewards;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.tensor.InvalidInputException;
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
              assertThrows(RewardUnavailableException.class, () -> rewards.score(IMAGES, PROMPTS))
                  .getMessage());
      assertTrue(message.contains("'broken'"), message);
    }
  }

  /** Else all that was trained since the last saved state would be lost. */
  @Test
  void whateverARewardThrowsPausesTheRun() {
    Reward broken =
        (images, prompts) -> {
          throw new IndexOutOfBoundsException("no such box");
        };
    LinkedHashMap<String, Reward> two = new LinkedHashMap<>();
    two.put("first", FIRST_VALUE);
    two.put("broken", broken);
    for (WeightedRewards rewards :
        List.of(
            WeightedRewards.of("broken", broken),
            new WeightedRewards(two, Map.of("first", 1.0, "broken", 1.0)))) {
      String message =
          String.valueOf(
              assertThrows(RewardUnavailableException.class, () -> rewards.score(IMAGES, PROMPTS))
                  .getMessage());
      assertTrue(
          message.startsWith(
              "reward 'broken' failed: java.lang.IndexOutOfBoundsException (no such box) at "),
          message);
    }
  }

  @Test
  void sumsBeyondAFloatAreRefused() {
    Reward huge = (images, prompts) -> new float[] {1, 3e38f};
    WeightedRewards rewards =
        new WeightedRewards(new LinkedHashMap<>(Map.of("huge", huge)), Map.of("huge", 10.0));
    assertThrows(RewardUnavailableException.class, () -> rewards.score(IMAGES, PROMPTS));
  }

  @Test
  void weightsAreFinite() {
    for (double weight : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e300}) {
      assertThrows(InvalidInputException.class, () -> RewardSettings.of(weight));
    }
  }

  @Test
  void promptsAreCheckedByAllRewards() {
    Reward picky =
        new Reward() {
          @Override
          public float[] score(Images images, List<Prompt> prompts) {
            return new float[images.count()];
          }

          @Override
          public void check(Prompt prompt) {
            if (prompt.text().length() > 1) {
              throw new IllegalStateException("too long");
            }
          }
        };
    WeightedRewards rewards = WeightedRewards.of("picky", picky);
    rewards.check(PROMPTS.getFirst());
    String message =
        String.valueOf(
            assertThrows(InvalidInputException.class, () -> rewards.check(PROMPTS.getLast()))
                .getMessage());
    assertTrue(message.startsWith("reward 'picky' cannot take the prompt 'bb': "), message);
  }

  @Test
  void metadataKeepTheirOrder() {
    LinkedHashMap<String, Object> metadata = new LinkedHashMap<>();
    for (String key : List.of("tag", "include", "exclude", "a", "z", "b")) {
      metadata.put(key, 1);
    }
    assertEquals(
        List.copyOf(metadata.keySet()), List.copyOf(new Prompt("x", metadata).metadata().keySet()));
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
