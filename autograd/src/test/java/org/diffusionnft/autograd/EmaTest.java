package org.diffusionnft.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmaTest {
  private final ReferenceDevice device = new ReferenceDevice();
  private final Variable p = Variable.parameter(Tensor.of(device, new double[] {1}, 1));

  @AfterEach
  void close() {
    device.close();
  }

  private void set(double value) {
    device.elementwise().fill(p.value(), value);
  }

  @Test
  void warmsUpToItsDecay() {
    Ema ema = new Ema(List.of(p), 0.9, 1);
    assertEquals(1.0 / 10, ema.decay(0));
    assertEquals(11.0 / 20, ema.decay(10));
    assertEquals(0.9, ema.decay(100_000));
  }

  @Test
  void movesTowardsTheParameter() {
    Ema ema = new Ema(List.of(p), 0.9, 1);
    set(3);
    ema.step(1);
    assertEquals(1 + (1 - 2.0 / 11) * 2, ema.averages().getFirst().item(), 1e-12);
    assertEquals(3, p.item());
  }

  @Test
  void movesOnlyAtItsInterval() {
    Ema ema = new Ema(List.of(p), 0.9, 8);
    set(3);
    for (int s = 0; s < 7; s++) {
      ema.step(s);
      assertEquals(1, ema.averages().getFirst().item(), "step " + s);
    }
    ema.step(7);
    assertEquals(1 + (1 - 8.0 / 17) * 2, ema.averages().getFirst().item(), 1e-12);
  }

  @Test
  void averagesOutliveScopesUntilClosed() {
    long before = device.memory().liveBytes();
    Ema ema;
    try (var _ = device.memory().scope()) {
      ema = new Ema(List.of(p), 0.9, 1);
    }
    assertEquals(1, ema.averages().getFirst().item());
    ema.close();
    assertEquals(before, device.memory().liveBytes());
  }
}
