package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
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
  void theEmptyCaptionPoolsToZero() {
    assertArrayEquals(new float[64], vectors.pooled(Vocabulary.encode("")));
  }

  @Test
  void refuseOddLengths() {
    assertThrows(IllegalArgumentException.class, () -> new WordVectors(63));
  }
}
