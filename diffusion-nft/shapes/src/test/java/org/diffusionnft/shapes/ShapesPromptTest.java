package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShapesPromptTest {
  @ParameterizedTest
  @CsvSource({
    "a circle, SINGLE_OBJECT",
    "a single red circle, COLORS",
    "three blue squares, COUNTING",
    "two triangles, COUNTING",
    "a circle and one square, TWO_OBJECT",
    "a red circle and a blue circle, COLOR_ATTR",
    "a red circle left of a blue square, POSITION",
    "one triangle above a circle, POSITION",
  })
  void readsEveryCategory(String text, Category category) {
    ShapesPrompt prompt = ShapesPrompt.parse(text);
    assertEquals(category, prompt.category());
    assertEquals(text, prompt.text());
  }

  @Test
  void everyPromptReadsBackAndFits() {
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(1));
    for (int i = 0; i < 3000; i++) {
      ShapesPrompt prompt = prompts.forTraining(PromptMix.GENEVAL);
      assertEquals(prompt, ShapesPrompt.parse(prompt.text()));
      assertEquals(Vocabulary.MAX_TOKENS, Vocabulary.encode(prompt.text()).length);
    }
  }

  @Test
  void caseAndSpacesDoNotMatter() {
    assertArrayEquals(Vocabulary.encode("a red circle"), Vocabulary.encode("  A  Red\tCIRCLE "));
    assertArrayEquals(new int[Vocabulary.MAX_TOKENS], Vocabulary.encode(""));
  }

  @Test
  void namesTheUnknownWordAndTheNearestKnownOne() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> Vocabulary.encode("a red cirle and a dog"));
    assertTrue(error.toString().contains("\"cirle\""), error.getMessage());
    assertTrue(error.toString().contains("\"circle\""), error.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Vocabulary.encode("<pad>"));
  }

  @Test
  void refusesTooManyWords() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Vocabulary.encode("a single red circle left of a blue square"));
    assertTrue(error.toString().contains("9 words"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "circle",
        "a circles",
        "two circle",
        "a red",
        "a circle left a square",
        "a circle and",
        "a circle a square",
        "a circle and a square and"
      })
  void refusesOtherGrammar(String text) {
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ShapesPrompt.parse(text));
    assertTrue(error.toString().contains("expected"), error.getMessage());
  }
}
