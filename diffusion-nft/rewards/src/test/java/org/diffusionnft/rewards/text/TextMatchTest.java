package org.diffusionnft.rewards.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.diffusionnft.rewards.Prompt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextMatchTest {
  /** By hand from the rule: spaces and case away, contained is 1, else 1 - distance / length. */
  @ParameterizedTest
  @CsvSource({
    "Hello World, helloworld, 1",
    "Hello World, 'SAYS hello WORLD twice', 1",
    "Hello, hallo, 0.8",
    "Hello, '', 0",
    "Hello, 'something else entirely', 0",
    "abcd, abdc, 0.5",
    "'😀a😀b', '😀a😁b', 0.75",
    "'😀😀', 'x', 0",
  })
  void scores(String wanted, String read, double expected) {
    assertEquals(expected, TextMatch.score(wanted, read), 1e-12);
  }

  @Test
  void whatIsWantedStandsInQuotes() {
    assertEquals("NASA 2049", TextMatch.wanted(Prompt.of("a glove with \"NASA 2049\" on it")));
    assertThrows(IllegalArgumentException.class, () -> TextMatch.wanted(Prompt.of("a glove")));
  }
}
