package org.diffusionnft.kernels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What the vector device leaves to the reference device is counted and shown. */
class VectorFallbackTest {
  @Test
  void fallbacksAreCountedAndShown() {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(written, true, UTF_8));
    try (VectorDevice device = new VectorDevice(new DeviceOptions(1, 0, true))) {
      Tensor floats = Tensor.full(device, DType.F32, Shape.of(3), 2);
      Elementwise.add(floats, floats);
      assertEquals(Map.of(), device.fallbacks());
      Tensor doubles = Elementwise.convert(floats, DType.F64);
      Elementwise.add(doubles, doubles);
      Elementwise.add(doubles, doubles);
      assertEquals(Map.of("convert of F32, F64", 1L, "binary of F64", 2L), device.fallbacks());
      assertEquals(3, device.activity().onHost());
      device.section(() -> "a step");
      device.section(() -> "another");
    } finally {
      System.setErr(before);
    }
    assertEquals(
        """
        plans: convert of F32, F64: no kernel for these operands, done by the reference device
        plans: binary of F64: no kernel for these operands, done by the reference device
        plans: a step: 3 operations by the reference device
        plans: another: 0 operations by the reference device
        plans: in all: 3 operations by the reference device
        plans: binary of F64: 2 times
        plans: convert of F32, F64: 1 times
        """,
        written.toString(UTF_8).replace(System.lineSeparator(), "\n"));
  }
}
