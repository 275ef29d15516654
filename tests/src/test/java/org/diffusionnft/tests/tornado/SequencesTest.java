package org.diffusionnft.tests.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Norms;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels sent together compute what they compute one by one, whatever the sizes. */
@EnabledIf("org.diffusionnft.tests.tornado.TornadoDevices#expected")
class SequencesTest {
  private static final int WIDTH = 24;

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void aRepeatedSequenceIsSentTogetherAndComputesTheSameBits(String name) {
    try (Device device = Devices.open(name, new DeviceOptions(1, 64, false))) {
      float[] small = work(device, 3);
      float[] large = work(device, 70);
      // Products of few rows have a kernel of their own, and so another sequence.
      assertArrayEquals(small, work(device, 3));
      assertArrayEquals(large, work(device, 70));
      device.section(() -> "first");
      DeviceActivity before = device.activity();
      assertArrayEquals(large, work(device, 70));
      assertArrayEquals(small, work(device, 3));
      assertArrayEquals(work(device, 33), work(device, 33));
      DeviceActivity done = device.activity().since(before);
      assertEquals(0, done.compiled(), done.toString());
      assertTrue(done.kernels() > 4 * 50, done.toString());
      assertTrue(done.replayed() * 2 < done.kernels(), done.toString());
    }
  }

  /** Nothing is compiled for work that is not repeated. */
  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void aSequenceThatCameOnceIsSentOneByOne(String name) {
    try (Device device = Devices.open(name, new DeviceOptions(1, 64, false))) {
      float[] first = work(device, 5);
      DeviceActivity before = device.activity();
      device.section(() -> "first");
      assertArrayEquals(first, work(device, 5));
      DeviceActivity done = device.activity().since(before);
      assertEquals(0, done.compiled(), done.toString());
      assertEquals(done.kernels(), done.replayed(), done.toString());
    }
  }

  private static float[] work(Device device, int rows) {
    try (var _ = device.memory().scope()) {
      float[] numbers = new float[rows * WIDTH];
      float[] weights = new float[WIDTH * WIDTH];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (i * 7919 % 101 - 50) / 25f;
      }
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (i * 104729 % 97 - 48) / 97f;
      }
      Tensor x = Tensor.of(device, numbers, rows, WIDTH);
      Tensor w = Tensor.of(device, weights, WIDTH, WIDTH);
      for (int i = 0; i < 10; i++) {
        Tensor y = Elementwise.unary(UnaryOp.SILU, Matrices.linear(x, w, null));
        x = Norms.rmsNorm(Elementwise.add(x, y), null, 1e-6).out();
        x = Elementwise.mul(x, Elementwise.scale(x, 0.5 + i));
      }
      return x.toFloats();
    }
  }
}
