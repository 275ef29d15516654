package org.diffusionnft.weights.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nobody who wrote a file knows the parser that reads it. */
class JsonFaultTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1, \"a\": 2} | line 1, column 13: key 'a' stands twice in one object",
        "{\"a\": NaN} | line 1, column 10: NaN and infinity are no numbers of JSON",
        "{\"a\": +1} | line 1, column 8: check quotes, commas and brackets there",
        "{\"a\": 01} | line 1, column 8: check quotes, commas and brackets there",
        "{'a': 1} | line 1, column 2: check quotes, commas and brackets there",
        "{\"a\": [1, 2 | line 1, column 12: it ends before all brackets and quotes are closed",
        "{} {} | line 1, column 4: there is more after the end of the value",
        "{a} | line 1, column 2: check quotes, commas and brackets there",
        "words | line 1, column 1: check quotes, commas and brackets there",
      })
  void faultsAreToldInOurWords(String text, String told) {
    JsonProcessingException e =
        assertThrows(JsonProcessingException.class, () -> StrictJson.parse(text));
    assertEquals(told, JsonFault.of(e), e.getMessage());
  }
}
