package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final AdamW.Settings SETTINGS = new AdamW.Settings(0.1, 0.9, 0.99, 1e-8, 0.5);
  private final ReferenceDevice device = new ReferenceDevice();

  @AfterEach
  void close() {
    device.close();
  }

  private Variable parameter(double... values) {
    return Variable.parameter(Tensor.of(device, values, values.length));
  }

  private Tensor tensor(double... values) {
    return Tensor.of(device, values, values.length);
  }

  @Test
  void followsTheFormula() {
    Variable p = parameter(1, -2);
    double[] gradient = {0.5, -0.25};
    Gradients gradients = new Gradients(List.of(p));
    AdamW optimizer = new AdamW(List.of(p), SETTINGS);
    double[] expected = {1, -2};
    double[] m = new double[2];
    double[] v = new double[2];
    for (int step = 1; step <= 3; step++) {
      gradients.zero();
      gradients.add(p, tensor(gradient));
      optimizer.step(gradients, 0.5);
      for (int i = 0; i < 2; i++) {
        double g = 0.5 * gradient[i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.99 * v[i] + 0.01 * g * g;
        double mHat = m[i] / (1 - Math.pow(0.9, step));
        double vHat = v[i] / (1 - Math.pow(0.99, step));
        expected[i] = expected[i] * (1 - 0.1 * 0.5) - 0.1 * mHat / (Math.sqrt(vHat) + 1e-8);
      }
      assertArrayEquals(expected, p.value().toDoubles(), 1e-12, "step " + step);
    }
    assertEquals(3, optimizer.step());
  }

  @Test
  void decaysWithAZeroGradientAndSkipsWithoutAny() {
    Variable zero = parameter(4);
    Variable none = parameter(4);
    Gradients gradients = new Gradients(List.of(zero));
    new AdamW(List.of(zero, none), SETTINGS).step(gradients, 1);
    assertEquals(4 * (1 - 0.1 * 0.5), zero.item(), 1e-12);
    assertEquals(4, none.item());
  }

  @Test
  void goesOnFromItsSavedStateBitForBit() {
    Variable whole = parameter(1, -2);
    Variable resumed = parameter(1, -2);
    AdamW first = new AdamW(List.of(whole), SETTINGS);
    AdamW before = new AdamW(List.of(resumed), SETTINGS);
    step(first, whole, 0.3, -0.7);
    step(before, resumed, 0.3, -0.7);
    AdamW after = new AdamW(List.of(resumed), SETTINGS);
    after.step(before.step());
    copy(before.firstMoments().getFirst(), after.firstMoments().getFirst());
    copy(before.secondMoments().getFirst(), after.secondMoments().getFirst());
    step(first, whole, -0.1, 0.2);
    step(after, resumed, -0.1, 0.2);
    assertArrayEquals(whole.value().toDoubles(), resumed.value().toDoubles());
  }

  private void step(AdamW optimizer, Variable p, double... gradient) {
    Gradients gradients = new Gradients();
    gradients.add(p, tensor(gradient));
    optimizer.step(gradients, 1);
  }

  private void copy(Tensor from, Tensor to) {
    device.elementwise().convert(from, to);
  }

  @Test
  void trainsNoHalfPrecisionParameters() {
    Variable half = Variable.parameter(Tensor.full(device, DType.BF16, Shape.of(2), 1));
    assertThrows(IllegalArgumentException.class, () -> new AdamW(List.of(half), SETTINGS));
  }

  @Test
  void momentsOutliveScopesUntilClosed() {
    Variable p = parameter(1, 2);
    long before = device.memory().liveBytes();
    AdamW optimizer;
    try (var _ = device.memory().scope()) {
      optimizer = new AdamW(List.of(p), SETTINGS);
    }
    Elementwise.addInPlace(optimizer.firstMoments().getFirst(), tensor(1, 1).keepForever());
    assertArrayEquals(new double[] {1, 1}, optimizer.firstMoments().getFirst().toDoubles());
    optimizer.close();
    assertEquals(before + 64, device.memory().liveBytes(), "only the addend above is left");
  }
}
