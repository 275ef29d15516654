package org.diffusionnft.shapes.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.shapes.Category;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.Miss;
import org.diffusionnft.shapes.SceneLayout;
import org.diffusionnft.shapes.SceneRenderer;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.tensor.Philox;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScoreTest {
  /** Newcombe, Statistics in Medicine 17 (1998), table I: Wilson's score method. */
  @Test
  void intervalsAreWilsons() {
    assertInterval(0.2553, 0.3662, new Score(263, 0, 81, 0));
    assertInterval(0.0000, 0.1611, new Score(20, 0, 0, 0));
    assertInterval(0.0061, 0.1718, new Score(29, 0, 1, 0));
  }

  @Tag("slow")
  @Test
  void faithfulScenesAreAllRightAndEmptyOnesAllWrong() {
    HeldOut heldOut = HeldOut.of(HeldOut.FULL);
    SceneLayout layout = new SceneLayout(new Philox(1, 1).sequence(0));
    List<float[]> images = new ArrayList<>();
    List<float[]> empty = new ArrayList<>();
    for (ShapesPrompt prompt : heldOut.prompts()) {
      images.add(SceneRenderer.render(layout.loose(prompt, 0)));
      float[] black = new float[ShapesWorld.PIXELS];
      java.util.Arrays.fill(black, -1);
      empty.add(black);
    }
    ScoreTable all = ScoreTable.judge(heldOut.prompts(), images);
    assertEquals(1, all.total().strict());
    assertEquals(1, all.total().graded(), 1e-9);
    for (Category category : Category.values()) {
      assertEquals(86, all.byCategory().get(category).samples(), category.key());
    }
    ScoreTable none = ScoreTable.judge(heldOut.prompts(), empty);
    assertEquals(0, none.total().strict());
    assertEquals(0, ScoreJson.of(none).path("total").asDouble(-1));

    SequencedMap<String, ScoreTable> columns = new LinkedHashMap<>();
    columns.put("all", all);
    columns.put("none", none);
    String text = ScoreText.of(columns);
    assertTrue(text.contains("total"), text);
    assertTrue(text.contains("100.0 [99.3, 100.0]"), text);
    assertTrue(text.contains("0.0 [0.0, 0.7]"), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("too few objects +0 +516")), text);
    assertEquals(19, text.lines().count());
  }

  @Test
  void whatPicturesMissIsTold() {
    Map<String, Miss> drawn = new LinkedHashMap<>();
    drawn.put("a red circle below a blue square", Miss.RELATION);
    drawn.put("a red circle", Miss.TOO_FEW);
    drawn.put("three red circles", Miss.TOO_MANY);
    drawn.put("a red triangle above a green square", Miss.SHAPE);
    drawn.put("a red circle above a green square", Miss.COLOUR);
    ShapesPrompt asked = ShapesPrompt.parse("a red circle above a blue square");
    SceneLayout layout = new SceneLayout(new Philox(3, 1).sequence(0));
    drawn.forEach(
        (text, miss) -> {
          float[] other = SceneRenderer.render(layout.loose(ShapesPrompt.parse(text), 0));
          assertEquals(miss, Judge.judge(asked, other).miss(), text);
        });
    float[] image = SceneRenderer.render(layout.loose(asked, 0));
    assertTrue(Judge.judge(asked, image).strict());
  }

  @Test
  void relationsAreCountedAmongPicturesWithTheRightObjects() {
    List<ShapesPrompt> asked =
        List.of(
            ShapesPrompt.parse("a circle above a square"),
            ShapesPrompt.parse("a circle above a square"),
            ShapesPrompt.parse("a circle above a square"),
            ShapesPrompt.parse("a circle and a square"));
    List<String> drawn =
        List.of(
            "a circle above a square",
            "a circle below a square",
            "two squares",
            "a circle and a square");
    SceneLayout layout = new SceneLayout(new Philox(2, 1).sequence(0));
    List<float[]> images =
        drawn.stream()
            .map(text -> SceneRenderer.render(layout.loose(ShapesPrompt.parse(text), 0)))
            .toList();
    Score relation = ScoreTable.judge(asked, images).relation();
    assertEquals(2, relation.samples());
    assertEquals(0.5, relation.strict());
  }

  @Test
  void everyEvaluationAsksTheSame() {
    assertEquals(HeldOut.of(60).captions(), HeldOut.of(516).captions().subList(0, 60));
    assertThrows(IllegalArgumentException.class, () -> HeldOut.of(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> ScoreTable.judge(HeldOut.of(2).prompts(), List.of(new float[ShapesWorld.PIXELS])));
  }

  private static void assertInterval(double low, double high, Score score) {
    assertEquals(low, score.interval().low(), 5e-5);
    assertEquals(high, score.interval().high(), 5e-5);
  }
}
