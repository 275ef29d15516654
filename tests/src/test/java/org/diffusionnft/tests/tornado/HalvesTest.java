package org.diffusionnft.tests.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** BF16 tensors in any of the device's arrays: they keep their bits, and products read them. */
@EnabledIf("org.diffusionnft.tests.tornado.TornadoDevices#expected")
class HalvesTest {
  /** 16 MiB: four arrays of 2 Mi halves. */
  private static final DeviceOptions SMALL = new DeviceOptions(1, 16, false);

  private static final int SIDE = 768;
  private static final int ELEMENTS = SIDE * SIDE;

  /** Each array has room for 3.5 of them and holds three. */
  private static final int TENSORS = 12;

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void tensorsInAllArraysKeepTheirBits(String name) {
    try (Device device = Devices.open(name, SMALL)) {
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < TENSORS; i++) {
        tensors.add(device.wrap(DType.BF16, Shape.of(SIDE, SIDE), bits(i)));
      }
      for (int i = 0; i < TENSORS; i++) {
        short[] back = new short[ELEMENTS];
        MemorySegment read = MemorySegment.ofArray(back);
        device.read(tensors.get(i), read);
        assertEquals(-1, read.mismatch(bits(i)), "tensor " + i);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void aProductTakesItsOperandsFromDifferentArrays(String name) {
    try (Device device = Devices.open(name, SMALL)) {
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < TENSORS; i++) {
        tensors.add(device.wrap(DType.BF16, Shape.of(SIDE, SIDE), bits(i)));
      }
      for (int i = 0; i + 4 < TENSORS; i++) {
        // Three rows of one are enough, and sums of small whole numbers are exact.
        Tensor rows = tensors.get(i).narrow(5, 3);
        float[] product = Matrices.matmul(rows, tensors.get(i + 4)).toFloats();
        assertArrayEquals(product(i, i + 4), product, "tensors " + i + " and " + (i + 4));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void aTensorThatFitsNoArrayIsRefusedWithTheMemoryItNeeds(String name) {
    try (Device device = Devices.open(name, SMALL)) {
      Tensor large = device.allocate(DType.BF16, Shape.of(3L << 20));
      MemorySegment zeros = MemorySegment.ofArray(new short[3 << 20]);
      var e = assertThrows(IllegalArgumentException.class, () -> device.write(zeros, large));
      assertTrue(e.getMessage().contains("of its 16 MiB for BF16 and F16"), e.getMessage());
      assertTrue(e.getMessage().contains("--device-memory 24"), e.getMessage());
    }
    try (Device device = Devices.open(name, new DeviceOptions(1, 24, false))) {
      Tensor large = device.allocate(DType.BF16, Shape.of(3L << 20));
      device.write(MemorySegment.ofArray(new short[3 << 20]), large);
      Tensor back = Elementwise.convert(large.narrow(0, 64), DType.F32);
      assertArrayEquals(new float[64], back.toFloats());
    }
  }

  @ParameterizedTest
  @MethodSource("org.diffusionnft.tests.tornado.TornadoDevices#names")
  void aModelThatDoesNotFitIsRefusedAsAWhole(String name) {
    try (Device device = Devices.open(name, SMALL)) {
      device.requireRoom(Map.of(DType.BF16, 9L << 20, DType.F16, 7L << 20, DType.F32, 8L << 20));
      Map<DType, Long> large = Map.of(DType.BF16, 30L << 20, DType.F16, 10L << 20);
      var e = assertThrows(IllegalArgumentException.class, () -> device.requireRoom(large));
      assertTrue(e.getMessage().contains("at least 40 MiB"), e.getMessage());
      assertTrue(e.getMessage().contains("--device-memory 40"), e.getMessage());
    }
  }

  /** Whole numbers from -4 to 4 as BF16. */
  private static MemorySegment bits(int tensor) {
    short[] bits = new short[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      bits[i] = (short) (Float.floatToRawIntBits(number(tensor, i)) >>> 16);
    }
    return MemorySegment.ofArray(bits);
  }

  private static float number(int tensor, int i) {
    return Math.floorMod(i * 7 + i / SIDE * 3 + tensor * 5, 9) - 4;
  }

  private static float[] product(int a, int b) {
    float[] product = new float[3 * SIDE];
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < SIDE; column++) {
        for (int k = 0; k < SIDE; k++) {
          product[row * SIDE + column] +=
              number(a, (row + 5) * SIDE + k) * number(b, k * SIDE + column);
        }
      }
    }
    return product;
  }
}
