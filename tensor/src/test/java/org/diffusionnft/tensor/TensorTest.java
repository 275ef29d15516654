package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TensorTest {
  private final Device device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void viewsShareMemory() {
    Tensor t = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Tensor row = t.narrow(1, 1).reshape(-1);
    assertArrayEquals(new float[] {3, 4}, row.toFloats());
    device.elementwise().fill(row, 9);
    assertArrayEquals(new float[] {1, 2, 9, 9, 5, 6}, t.toFloats());
  }

  @Test
  void reshapeMustKeepTheCount() {
    Tensor t = Tensor.of(device, new float[6], 3, 2);
    String message =
        assertThrows(IllegalArgumentException.class, () -> t.reshape(4, 2)).getMessage();
    assertTrue(message.contains("[3, 2]") && message.contains("[4, 2]"), message);
  }

  @Test
  void shapesRejectNegativeAndOverflowingDimensions() {
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1L << 40, 1L << 40));
    assertEquals(0, Shape.of(0, 1L << 40).elements());
  }

  @Test
  void broadcasting() {
    assertEquals(Shape.of(3, 7, 13), Shape.broadcast(Shape.of(3, 1, 13), Shape.of(7, 1)));
    assertThrows(
        IllegalArgumentException.class, () -> Shape.broadcast(Shape.of(3, 2), Shape.of(3)));
  }

  @Test
  void bf16RoundsToNearestEven() {
    assertEquals((short) 0x3F80, HalfPrecision.floatToBf16(1f));
    assertEquals((short) 0x3F80, HalfPrecision.floatToBf16(Float.intBitsToFloat(0x3F808000)));
    assertEquals((short) 0x3F82, HalfPrecision.floatToBf16(Float.intBitsToFloat(0x3F818000)));
    assertEquals((short) 0x3F81, HalfPrecision.floatToBf16(Float.intBitsToFloat(0x3F808001)));
    assertEquals((short) 0x7F80, HalfPrecision.floatToBf16(Float.MAX_VALUE));
    assertEquals((short) 0x7FC0, HalfPrecision.floatToBf16(Float.NaN));
  }

  @Test
  void anUnknownDeviceIsAnErrorThatListsWhatThereIs() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Devices.open("abacus", DeviceOptions.defaults()))
            .getMessage();
    assertTrue(message.contains("abacus") && message.contains("reference"), message);
  }

  @Test
  void aSectionThatNobodyLogsIsNeverNamed() {
    AtomicInteger asked = new AtomicInteger();
    device.section(() -> "section " + asked.incrementAndGet());
    assertEquals(0, asked.get());
  }

  @Test
  void erfcAgreesWithTabulatedValues() {
    // Abramowitz and Stegun, table 7.1, and Mathematica for the tail.
    assertEquals(0.4795001221869535, ScalarMath.erfc(0.5), 1e-15);
    assertEquals(0.15729920705028513, ScalarMath.erfc(1), 1e-15);
    assertEquals(2 - 0.004677734981047266, ScalarMath.erfc(-2), 1e-14);
    assertEquals(2.209049699858544e-5, ScalarMath.erfc(3), 1e-18);
  }
}
