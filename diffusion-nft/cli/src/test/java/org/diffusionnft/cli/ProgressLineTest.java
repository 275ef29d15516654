package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private static final String WORDS = "12:10 left, reward 0.512, strict 40.1 %";

  private final ProgressLine progress = new ProgressLine(100);

  @Test
  void theBarTakesWhatIsLeft() {
    assertEquals(
        "training 12/220 [=>                   ] 12:10 left, reward 0.512, strict 40.1 %",
        progress.line("training", 1200, 22_000, WORDS, 79));
    assertEquals(
        "training 110/220 [====================>                   ] " + WORDS,
        progress.line("training", 11_000, 22_000, WORDS, 119));
    assertEquals(
        "training 1/1 [" + "=".repeat(40) + "] took 0:05",
        progress.line("training", 100, 100, "took 0:05", 300));
  }

  @Test
  void itFitsIntoEveryWidth() {
    for (int width = 1; width < 200; width++) {
      for (long done = 0; done <= 22_000; done += 1000) {
        String line = progress.line("evaluating base + CFG 3", done, 22_000, WORDS, width);
        assertTrue(line.length() <= width, line);
      }
    }
  }
}
