package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GradientsTest {
  private final ReferenceDevice device = new ReferenceDevice();
  private final Variable p = Variable.parameter(Tensor.of(device, new float[] {1, 2}, 2));
  private final Variable q = Variable.parameter(Tensor.of(device, new float[] {3}, 1));

  @AfterEach
  void close() {
    device.close();
  }

  private void backward(Gradients into, double factor) {
    try (Memory.Scope _ = device.memory().scope()) {
      Tape tape = new Tape();
      Variable loss = tape.record(() -> p.mul(p).sum().add(q).scale(factor));
      tape.backward(loss, into);
    }
  }

  @Test
  void addUpOverBackwardPassesUntilZeroed() {
    Gradients gradients = new Gradients();
    backward(gradients, 1);
    backward(gradients, 10);
    assertArrayEquals(new double[] {22, 44}, gradients.of(p).toDoubles());
    assertArrayEquals(new double[] {11}, gradients.of(q).toDoubles());
    gradients.zero();
    assertArrayEquals(new double[] {0, 0}, gradients.of(p).toDoubles());
    backward(gradients, 1);
    assertArrayEquals(new double[] {2, 4}, gradients.of(p).toDoubles());
  }

  @Test
  void normOfAllTogether() {
    Gradients gradients = new Gradients();
    assertEquals(0, gradients.norm());
    backward(gradients, 1); // 2, 4 and 1
    assertEquals(Math.sqrt(21), gradients.norm(), 1e-6);
  }

  @Test
  void clipsAsTorchDoes() {
    Gradients gradients = new Gradients();
    backward(gradients, 1);
    double norm = Math.sqrt(21);
    assertEquals(norm, gradients.clip(1), 1e-6);
    double factor = 1 / (norm + 1e-6);
    assertArrayEquals(new double[] {2 * factor, 4 * factor}, gradients.of(p).toDoubles(), 1e-7);
    assertEquals(1, gradients.clip(5), 1e-6);
    assertEquals(factor, gradients.of(q).item(), 1e-7, "small gradients stay");
    assertEquals(1, Gradients.clipFactor(0.5, 1));
    assertEquals(1 / (1 + 1e-6), Gradients.clipFactor(1, 1), 1e-15);
  }

  @Test
  void expectedParametersHaveAZeroEvenIfUnreached() {
    Variable unused = Variable.parameter(Tensor.of(device, new float[] {1, 2, 3}, 3));
    Gradients gradients = new Gradients(List.of(unused, p, q));
    backward(gradients, 1);
    assertArrayEquals(new double[3], gradients.of(unused).toDoubles());
    assertEquals(List.of(unused, p, q), gradients.leaves());
  }

  @Test
  void unreachedLeavesAreAnError() {
    Gradients gradients = new Gradients();
    assertNull(gradients.find(p));
    var e = assertThrows(IllegalArgumentException.class, () -> gradients.of(p));
    assertEquals("no backward pass reached the leaf of shape [2]", e.getMessage());
  }

  @Test
  void areF32ForHalfPrecisionLeaves() {
    Variable half = Variable.parameter(Tensor.full(device, DType.BF16, Shape.of(2, 2), 1));
    Gradients gradients = new Gradients();
    Tape tape = new Tape();
    Variable x = Variable.constant(Tensor.of(device, new float[] {0.1f, 0.2f}, 1, 2));
    tape.backward(tape.record(() -> x.linear(half, null).sum()), gradients);
    assertEquals(DType.F32, gradients.of(half).dtype());
    assertArrayEquals(new double[] {0.1f, 0.2f, 0.1f, 0.2f}, gradients.of(half).toDoubles());
  }

  @Test
  void closingReturnsTheMemory() {
    long before = device.memory().liveBytes();
    Gradients gradients = new Gradients();
    backward(gradients, 1);
    gradients.close();
    assertEquals(before, device.memory().liveBytes());
  }
}
