package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorWidthTest {
  private final VectorDeviceProvider provider = new VectorDeviceProvider();

  private @Nullable String before;

  @BeforeEach
  void forget() {
    before = System.clearProperty(VectorWidth.PROPERTY);
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(VectorWidth.PROPERTY);
    } else {
      System.setProperty(VectorWidth.PROPERTY, before);
    }
  }

  @Test
  void theMachineDecidesUnlessThePropertyDoes() {
    assertFalse(details().contains("forced"), details());
    int bits = VectorWidth.shape().vectorBitSize();
    assertTrue(bits >= 128 && bits <= 512, bits + " bits");
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void aForcedWidthIsShown(int bits) {
    System.setProperty(VectorWidth.PROPERTY, "" + bits);
    assertEquals(bits, VectorWidth.shape().vectorBitSize());
    String expected =
        bits / 32 + " float lanes (" + bits + " bits, forced by dnft.vector.bits), up to ";
    assertTrue(details().startsWith(expected), details());
  }

  @ParameterizedTest
  @ValueSource(strings = {"64", "1024", "wide", ""})
  void anyOtherWidthIsRefusedInOneSentence(String bits) {
    System.setProperty(VectorWidth.PROPERTY, bits);
    DeviceOptions options = new DeviceOptions(1);
    var refusal = assertThrows(InvalidInputException.class, () -> provider.open("vector", options));
    String sentence =
        "the system property dnft.vector.bits must be 128, 256 or 512, not '" + bits + "'";
    assertEquals(sentence, refusal.getMessage());
    assertEquals(sentence, details());
  }

  private String details() {
    return provider.probe().devices().getFirst().details();
  }
}
