package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardProvider;
import org.junit.jupiter.api.Test;

class ShapesRewardTest {
  @Test
  void eachRewardIsItsPartOfTheVerdict() {
    ShapesPrompt prompt = ShapesPrompt.parse("a red circle above a blue square");
    SceneLayout layout = new SceneLayout(new SplittableRandom(3));
    float[] right = SceneRenderer.render(layout.loose(prompt, 0));
    float[] wrong = SceneRenderer.render(layout.loose(prompt, 1));
    wrong[0] = 1;
    float[] both = Arrays.copyOf(right, 2 * right.length);
    System.arraycopy(wrong, 0, both, right.length, wrong.length);
    Images images = new Images(both, 3, ShapesWorld.SIZE, ShapesWorld.SIZE);
    Judge.Verdict first = Judge.judge(prompt, right);
    Judge.Verdict second = Judge.judge(prompt, wrong);

    TreeMap<String, float[]> scores = new TreeMap<>();
    for (RewardProvider provider : ServiceLoader.load(RewardProvider.class)) {
      if (provider.name().startsWith("shapes_")) {
        List<Prompt> prompts = List.of(Prompt.of(prompt.text()), Prompt.of(prompt.text()));
        scores.put(provider.name(), provider.open().score(images, prompts));
      }
    }

    assertEquals(
        List.of("shapes_clean", "shapes_graded", "shapes_strict"), List.copyOf(scores.keySet()));
    assertArrayEquals(new float[] {1, 0}, scores.get("shapes_strict"));
    assertArrayEquals(
        new float[] {(float) first.graded(), (float) second.graded()}, scores.get("shapes_graded"));
    assertArrayEquals(
        new float[] {(float) first.clean(), (float) second.clean()}, scores.get("shapes_clean"));
  }
}
