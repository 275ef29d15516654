package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordVectorsTest {
  private final WordVectors vectors = new WordVectors(64);

  @Test
  void haveAboutUnitVariance() {
    float[] tokens = vectors.tokens(Vocabulary.encode("a red circle left of a blue square"));
    double square = 0;
    for (float value : tokens) {
      square += value * value;
    }
    assertEquals(1, square / tokens.length, 0.15);
  }

  @Test
  void areTheSameEveryTime() {
    int[] ids = Vocabulary.encode("two red circles");
    assertArrayEquals(new WordVectors(64).tokens(ids), vectors.tokens(ids));
    assertArrayEquals(
        new float[] {-0.3681194f, 0.35550898f}, Arrays.copyOf(vectors.pooled(ids), 2), 1e-6f);
  }

  @Test
  void tellWhichColourBelongsToWhichShape() {
    int[] one = Vocabulary.encode("a red circle and a blue square");
    int[] other = Vocabulary.encode("a blue circle and a red square");
    assertFalse(Arrays.equals(vectors.pooled(one), vectors.pooled(other)));
  }

  @Test
  void tellOnWhichSideAnObjectStands() {
    assertEquals(
        List.of("LEFT", "LEFT", "-", "-", "RIGHT", "RIGHT", "-", "-"),
        sides("a circle left of one square"));
    assertEquals("BELOW", sides("a circle above a square").get(4));
    assertEquals("ABOVE", sides("a circle below a square").get(4));
    assertTrue(sides("a circle and a square").stream().allMatch("-"::equals));
    // "circle" follows "a" at the same place in both: only the side can tell them apart
    float[] above = vectors.tokens(Vocabulary.encode("a circle above a square"));
    float[] below = vectors.tokens(Vocabulary.encode("a circle below a square"));
    assertFalse(Arrays.equals(above, 64, 128, below, 64, 128));
  }

  @Test
  void theEmptyCaptionPoolsToZero() {
    assertArrayEquals(new float[64], vectors.pooled(Vocabulary.encode("")));
  }

  @Test
  void refuseOddLengths() {
    assertThrows(IllegalArgumentException.class, () -> new WordVectors(63));
  }

  private static List<String> sides(String prompt) {
    return Sides.of(Vocabulary.encode(prompt)).stream()
        .map(side -> side.map(Relation::name).orElse("-"))
        .toList();
  }
}
