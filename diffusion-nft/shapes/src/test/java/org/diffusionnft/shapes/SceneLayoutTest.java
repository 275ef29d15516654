package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SceneLayoutTest {
  @Test
  void shapesLieInsideAndApart() {
    SplittableRandom random = new SplittableRandom(1);
    SceneLayout layout = new SceneLayout(random);
    for (int i = 0; i < 2000; i++) {
      Scene scene = layout.loose(new ShapesPrompts(random).forTraining(PromptMix.GENEVAL), 0.5);
      for (PlacedShape shape : scene.shapes()) {
        assertTrue(shape.x() >= 0 && shape.x() + ShapeKind.BOX <= ShapesWorld.SIZE);
        assertTrue(shape.y() >= 0 && shape.y() + ShapeKind.BOX <= ShapesWorld.SIZE);
        for (PlacedShape other : scene.shapes()) {
          assertFalse(shape != other && shape.touches(other), scene.toString());
        }
      }
    }
  }

  @Tag("slow")
  @Test
  void mistakesComeAsOftenAsAsked() {
    SplittableRandom random = new SplittableRandom(2);
    SceneLayout layout = new SceneLayout(random);
    int strict = 0;
    for (int i = 0; i < 4000; i++) {
      ShapesPrompt prompt = new ShapesPrompts(random).forTraining(PromptMix.GENEVAL);
      float[] image = SceneRenderer.render(layout.loose(prompt, 0.4));
      strict += Judge.judge(prompt, image).strict() ? 1 : 0;
    }
    assertEquals(0.6, strict / 4000.0, 0.03);
  }

  @Test
  void everyPlaceIsUsed() {
    Set<List<Integer>> places = new HashSet<>();
    SceneLayout layout = new SceneLayout(new SplittableRandom(3));
    for (int i = 0; i < 1000; i++) {
      PlacedShape shape = layout.loose(ShapesPrompt.parse("a circle"), 0).shapes().getFirst();
      places.add(List.of(shape.x(), shape.y()));
    }
    assertEquals(9, places.size());
  }

  @Test
  void rendersTheSamePixelsEverywhere() {
    Scene scene =
        new Scene(
            List.of(
                new PlacedShape(ShapeKind.CIRCLE, Hue.RED, 0, 0),
                new PlacedShape(ShapeKind.TRIANGLE, Hue.CYAN, 12, 8)));
    float[] image = SceneRenderer.render(scene);
    assertArrayEquals(image, SceneRenderer.render(scene));
    float ground = 2 * 18 / 255f - 1;
    float red = 2 * 240 / 255f - 1;
    assertEquals(red, image[3 * ShapesWorld.SIZE + 3], 1e-6);
    assertEquals(ground, image[ShapesWorld.SIZE * ShapesWorld.SIZE - 1], 1e-6);
    // 23 of the 64 sample points of the pixel beside the corner lie in the circle.
    assertEquals(ground, image[0], 1e-6);
    assertEquals(ground + 23 / 64f * (red - ground), image[1], 1e-6);
  }
}
