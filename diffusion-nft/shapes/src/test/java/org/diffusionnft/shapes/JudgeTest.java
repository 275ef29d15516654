package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.diffusionnft.shapes.Judge.Verdict;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class JudgeTest {
  private final SplittableRandom random = new SplittableRandom(11);
  private final SceneLayout layout = new SceneLayout(random);

  @ParameterizedTest
  @EnumSource
  void faithfulScenesPassAndMistakenScenesFail(Category category) {
    ShapesPrompts prompts = new ShapesPrompts(random);
    for (int i = 0; i < 500; i++) {
      ShapesPrompt prompt = prompts.heldOut(category);
      Verdict right = Judge.judge(prompt, SceneRenderer.render(layout.loose(prompt, 0)));
      assertTrue(right.strict(), prompt.text());
      assertEquals(1, right.graded(), 1e-3, prompt.text());
      Verdict wrong = Judge.judge(prompt, SceneRenderer.render(layout.loose(prompt, 1)));
      assertFalse(wrong.strict(), prompt.text());
      assertTrue(wrong.graded() < 0.96, prompt.text() + " " + wrong);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.2})
  void noiseOfAGoodSampleDoesNotMatter(double deviation) {
    int passed = 0;
    for (int i = 0; i < 1000; i++) {
      ShapesPrompt prompt = new ShapesPrompts(random).forTraining(PromptMix.GENEVAL);
      float[] image = SceneRenderer.render(layout.loose(prompt, 0));
      for (int p = 0; p < image.length; p++) {
        image[p] += (float) (deviation * random.nextGaussian());
      }
      passed += Judge.judge(prompt, image).strict() ? 1 : 0;
    }
    assertTrue(passed > 995, passed + " of 1000");
  }

  @Test
  void cleanTellsOfNoiseAndNotOfMistakes() {
    ShapesPrompts prompts = new ShapesPrompts(random);
    double noisy = 0;
    for (int i = 0; i < 200; i++) {
      ShapesPrompt prompt = prompts.forTraining(PromptMix.EVEN);
      float[] image = SceneRenderer.render(layout.loose(prompt, 1));
      assertEquals(1, Judge.judge(prompt, image).clean(), 1e-3, prompt.text());
      // A deviation of 0.2 on [-1, 1] is one of 0.1 on [0, 1]: about a half.
      for (int p = 0; p < image.length; p++) {
        image[p] += (float) (0.2 * random.nextGaussian());
      }
      noisy += Judge.judge(prompt, image).clean() / 200;
    }
    assertEquals(0.45, noisy, 0.05);
  }

  @Test
  void lightBlurDoesNotMatterAndHeavyBlurDoes() {
    int light = 0;
    int heavy = 0;
    for (int i = 0; i < 500; i++) {
      ShapesPrompt prompt = new ShapesPrompts(random).forTraining(PromptMix.GENEVAL);
      float[] image = SceneRenderer.render(layout.loose(prompt, 0));
      light += Judge.judge(prompt, blur(image, 0.1f)).strict() ? 1 : 0;
      float[] worse = image;
      for (int pass = 0; pass < 10; pass++) {
        worse = blur(worse, 0.25f);
      }
      heavy += Judge.judge(prompt, worse).strict() ? 1 : 0;
    }
    assertTrue(light > 495, light + " of 500");
    assertTrue(heavy < 25, heavy + " of 500");
  }

  @Test
  void picturesWithoutObjectsEarnNothing() {
    ShapesPrompt prompt = ShapesPrompt.parse("two red circles");
    Verdict empty = Judge.judge(prompt, SceneRenderer.render(new Scene(List.of())));
    assertFalse(empty.strict());
    assertTrue(empty.graded() < 0.12, empty.toString());
    float[] noise = new float[ShapesWorld.PIXELS];
    for (int p = 0; p < noise.length; p++) {
      noise[p] = (float) random.nextGaussian();
    }
    assertFalse(Judge.judge(prompt, noise).strict());
  }

  @Test
  void objectsDissolvedIntoNoiseAreSeen() {
    // What policies learn under a judge that overlooks it: dark specks where an object was too
    // many.
    ShapesPrompt prompt = ShapesPrompt.parse("a red circle");
    float[] clean =
        SceneRenderer.render(new Scene(List.of(new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 0, 0))));
    assertTrue(Judge.judge(prompt, clean).strict());
    int passed = 0;
    for (int i = 0; i < 200; i++) {
      float[] image = clean.clone();
      for (int p = 0; p < image.length; p++) {
        int x = p % ShapesWorld.SIZE;
        int y = p / ShapesWorld.SIZE % ShapesWorld.SIZE;
        if (x >= 16 && x < 23 && y >= 16 && y < 23) {
          image[p] += (float) (0.6 * Math.abs(random.nextGaussian()));
        }
      }
      Verdict verdict = Judge.judge(prompt, image);
      passed += verdict.strict() ? 1 : 0;
      assertTrue(verdict.graded() < 0.9, verdict.toString());
    }
    assertEquals(0, passed);
  }

  @Test
  void scenesOfOtherPromptsFail() {
    float[] image =
        SceneRenderer.render(
            new Scene(
                List.of(
                    new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 0, 4),
                    new PlacedShape(ShapeKind.SQUARE, Hue.BLUE, 12, 8))));
    for (String right :
        List.of(
            "a circle and a square",
            "a square and one circle",
            "a red circle and a blue square",
            "a circle left of a square",
            "a blue square right of a red circle",
            "a circle above a square")) {
      assertTrue(Judge.judge(ShapesPrompt.parse(right), image).strict(), right);
    }
    for (String wrong :
        List.of(
            "a circle",
            "a red circle",
            "two circles",
            "a circle and a triangle",
            "a blue circle and a red square",
            "a circle right of a square",
            "a blue square above a red circle",
            "a green circle left of a blue square")) {
      assertFalse(Judge.judge(ShapesPrompt.parse(wrong), image).strict(), wrong);
    }
  }

  @Test
  void gradedGrowsWithEachPartThatIsRight() {
    ShapesPrompt prompt = ShapesPrompt.parse("a red circle left of a blue square");
    double last = -1;
    for (List<PlacedShape> scene :
        List.of(
            List.<PlacedShape>of(),
            List.of(new PlacedShape(ShapeKind.CIRCLE, Hue.GREEN, 0, 0)),
            List.of(new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 0, 0)),
            List.of(
                new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 16, 0),
                new PlacedShape(ShapeKind.TRIANGLE, Hue.BLUE, 0, 0)),
            List.of(
                new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 16, 0),
                new PlacedShape(ShapeKind.SQUARE, Hue.BLUE, 0, 0)),
            List.of(
                new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 0, 0),
                new PlacedShape(ShapeKind.SQUARE, Hue.BLUE, 16, 0)))) {
      double graded = Judge.judge(prompt, SceneRenderer.render(new Scene(scene))).graded();
      assertTrue(graded > last + 0.05, graded + " after " + last);
      last = graded;
    }
    assertEquals(1, last, 1e-6);
  }

  @Test
  void refusesPicturesOfAnotherSize() {
    ShapesPrompt prompt = ShapesPrompt.parse("a circle");
    assertThrows(IllegalArgumentException.class, () -> Judge.judge(prompt, new float[5]));
  }

  private static float[] blur(float[] image, float share) {
    float[] out = image.clone();
    int size = ShapesWorld.SIZE;
    for (int i = 0; i < image.length; i++) {
      int x = i % size;
      int y = i / size % size;
      int[] around = {
        x > 0 ? i - 1 : i,
        x < size - 1 ? i + 1 : i,
        y > 0 ? i - size : i,
        y < size - 1 ? i + size : i
      };
      for (int other : around) {
        out[i] += share * 0.5f * (image[other] - image[i]);
      }
    }
    return out;
  }
}
