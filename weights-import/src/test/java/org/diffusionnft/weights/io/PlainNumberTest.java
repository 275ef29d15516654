package org.diffusionnft.weights.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PlainNumberTest {
  @Test
  void decimalNumbersAreTaken() {
    assertEquals(1e-3, PlainNumber.parse("1e-3"));
    assertEquals(-0.5, PlainNumber.parse("-.5"));
    assertEquals(Double.POSITIVE_INFINITY, PlainNumber.parse("1e999"));
    assertEquals(Long.MAX_VALUE, PlainNumber.parseWhole("9223372036854775807"));
  }

  @Test
  void whatOnlyJavaTakesIsRefused() {
    for (String wrong :
        new String[] {
          "", " 1", "1 ", "1f", "1d", "0x1p3", "NaN", "Infinity", "٣", ".", "1_0", "e1"
        }) {
      assertThrows(NumberFormatException.class, () -> PlainNumber.parse(wrong), wrong);
      assertThrows(NumberFormatException.class, () -> PlainNumber.parseWhole(wrong), wrong);
    }
    assertThrows(NumberFormatException.class, () -> PlainNumber.parseWhole("9223372036854775808"));
    assertTrue(PlainNumber.isWhole("9223372036854775808"));
  }

  @Test
  void octalDigitsAreTold() {
    assertTrue(PlainNumber.isOctal("010"));
    assertTrue(PlainNumber.isOctal("-0_17"));
    assertFalse(PlainNumber.isOctal("0"));
    assertFalse(PlainNumber.isOctal("10"));
    assertFalse(PlainNumber.isOctal("0.5"));
    assertFalse(PlainNumber.isOctal("089"));
  }
}
