package org.diffusionnft.rewards.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which answers of a judge have a score. */
class ScorePatternTest {
  private static final ScorePattern USUAL = ScorePattern.of(RewardOptions.none("mine"));

  private static ScorePattern of(String pattern, String divisor) {
    return ScorePattern.of(
        new RewardOptions("mine", Map.of("pattern", pattern, "divisor", divisor)));
  }

  /** As the reference code reads them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Final Score: 4 | 0.8",
        "It fits. Final Score:3.5 | 0.7",
        "Final Score: 4/5 | 0.8",
        "Final Score: 4 out of 5. | 0.8",
        "Final Score: 4.0/5.0 | 0.8",
        "Final Score: 2. Next time, more. | 0.4",
        "Final Score: 2 (poor) | 0.4",
        "Final Score: 5, said twice: Final Score: 5.0 | 1",
        "Final Score: none yet. Final Score: 3 | 0.6"
      })
  void answersOfTheReferenceCodeHaveItsScores(String answer, double score) {
    assertEquals(score, USUAL.score(answer), 1e-12);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Final Score: ten",
        "Final Score: 10/10",
        "Final Score: 10",
        "Final Score: 4/10",
        "Final Score: 4 out of 10",
        "Final Score: 1-5",
        "Final Score: 1 – 5",
        "Final Score: 1 to 5",
        "Final Score: 1-5. My answer: Final Score: 4",
        "Final Score: 1 or maybe Final Score: 5",
        "Final Score: 4,5",
        "Final Score: 4.5.1",
        "Final Score: 5%",
        "Final Score: 4e3",
        "Final Score: 4\u0665"
      })
  void whatMayMeanAnotherNumberIsNoScore(String answer) {
    InvalidInputException e = assertThrows(InvalidInputException.class, () -> USUAL.score(answer));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains("by rewards.mine.pattern, 'Final Score:"), message);
  }

  @Test
  void anExpressionOfOnesOwnFindsPlainNumbers() {
    assertEquals(-0.5, of("S=(\\S+)", "1").score("S=-0.5"), 0);
    assertEquals(0.25, of("S=(\\S+)", "2").score("S=.5 and so on"), 0);
    assertEquals(8, of("(\\d+)/10", "1").score("8/10"), 0);
    for (String wrong : new String[] {"S=0x1p3", "S=1e3", "S=NaN", "S=1d", "S=\u0663", "S=4,"}) {
      assertThrows(InvalidInputException.class, () -> of("S=(\\S+)", "1").score(wrong), wrong);
    }
    assertThrows(InvalidInputException.class, () -> of("(?s).*(\\d)", "1").score("It is 10"));
  }

  @Test
  void aGroupThatIsLeftOutIsNoScore() {
    ScorePattern optional = of("Final Score:\\s*(\\d)?", "5");
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> optional.score("Final Score: none"));
    assertEquals(
        "it has no score by rewards.mine.pattern, 'Final Score:\\s*(\\d)?'", e.getMessage());
    assertEquals(0.8, optional.score("Final Score: 4"), 1e-12);
  }

  @Tag("slow")
  @Test
  void expressionsThatTakeForEverAreNamed() {
    String longText = "word ".repeat(20_000) + "\nFinal Score: 3";
    for (String hopeless :
        new String[] {
          "^(?:.|\\n)*Final Score: (\\d)", "(\\w+\\s?)+$", "(?s)(.*.*.*)Final Score; (\\d)"
        }) {
      Questions.LastingException e =
          assertTimeoutPreemptively(
              Duration.ofSeconds(60),
              () ->
                  assertThrows(
                      Questions.LastingException.class, () -> of(hopeless, "5").score(longText)));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("rewards.mine.pattern, '" + hopeless + "', "), message);
      assertTrue(message.endsWith("characters: write it simpler"), message);
    }
    assertEquals(0.6, USUAL.score(longText), 1e-12);
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> USUAL.score("a".repeat(300_000) + longText));
    assertTrue(String.valueOf(e.getMessage()).contains("of which 262144 are searched"));
  }

  @Test
  void expressionsOfNoUseAreRefusedAtTheStart() {
    for (String wrong :
        new String[] {
          "Score: \\d", "(", "(a)" + "b".repeat(1000), "(".repeat(500) + ")".repeat(500)
        }) {
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> of(wrong, "5").score(""));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("rewards.mine.pattern"), message);
    }
  }
}
