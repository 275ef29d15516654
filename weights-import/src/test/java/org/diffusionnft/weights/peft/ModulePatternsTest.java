package org.diffusionnft.weights.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModulePatternsTest {
  /** What Python's {@code re.match(rf"(.*\\.)?({key})$", name)} says. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "to_q, blocks.0.to_q, true",
        "to_q, to_q, true",
        "to_q, blocks.0.xto_q, false",
        "0.to_q, blocks.0.to_q, true",
        "0.to_q, blocks.0xto_q, true",
        "0\\.to_q, blocks.0xto_q, false",
        "0\\.to_q, blocks.0.to_q, true",
        "``, blocks., true",
        "blocks\\.[01]\\.to_q, blocks.1.to_q, true",
        "blocks\\.[01]\\.to_q, blocks.2.to_q, false",
        "a|b, x.b, true",
      })
  void matchesAsPeftDoes(String pattern, String module, boolean matches) {
    assertEquals(matches ? 1 : 0, new ModulePatterns<>(Map.of(pattern, 1)).get(module, 0));
  }

  @Test
  void theFirstPatternCounts() {
    Map<String, Integer> patterns = new LinkedHashMap<>();
    patterns.put("blocks.*", 1);
    patterns.put("to_q", 2);
    assertEquals(1, new ModulePatterns<>(patterns).get("blocks.0.to_q", 0));
    assertEquals(2, new ModulePatterns<>(patterns).get("x.to_q", 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"(.*a){20}b", "((a+)+)+$b", "(a|aa)+b", "(.*)(.*)(.*)(.*)(.*)(.*)b"})
  void noPatternTakesForEver(String pattern) {
    ModulePatterns<Integer> patterns = new ModulePatterns<>(Map.of(pattern, 1));
    assertTimeout(
        Duration.ofSeconds(5),
        () -> {
          try {
            assertEquals(0, patterns.get("a".repeat(200), 0));
          } catch (InvalidInputException e) {
            assertTrue(e.getMessage().contains("takes too long to match"), e.getMessage());
          }
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"((x{100}){100}){100}", "x{99999}", "((((((((((((((((((((((a", "(", "[z-a]"})
  void whatIsTooLargeOrNoExpressionIsRefused(String pattern) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> new ModulePatterns<>(Map.of(pattern, 1)));
    assertTrue(e.getMessage().startsWith("the pattern '" + pattern), e.getMessage());
  }
}
