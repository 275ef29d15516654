package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.SplittableRandom;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Which micro-kernels are used, and that the choice changes no bit of F32. */
class FormatsTest {
  @Test
  void theVectorApiCanBeForced() {
    Formats vector = Formats.make("vector");
    assertEquals(vector.rounding(), vector.half());
    assertEquals("dnft.kernels=vector forces the Vector API", vector.missing());
    assertThrows(InvalidInputException.class, () -> Formats.make("fast"));
  }

  @Test
  void machineCodeGivesTheBitsOfTheVectorApi() {
    Formats machine = Formats.make("");
    assumeTrue(machine.floats() instanceof FloatFormat format && format.down() != null);
    int[][] sizes = {{45, 70, 300}, {7, 33, 257}, {300, 20, 16}, {1, 5, 9}, {130, 129, 600}};
    try (VectorDevice device = new VectorDevice(new DeviceOptions(2))) {
      for (int[] size : sizes) {
        for (int variant = 0; variant < 8; variant++) {
          SplittableRandom numbers = new SplittableRandom(variant);
          SplittableRandom again = new SplittableRandom(variant);
          assertArrayEquals(
              product(device, Formats.make("vector").floats(), size, variant, numbers),
              product(device, machine.floats(), size, variant, again));
        }
      }
    }
  }

  private static float[] product(
      VectorDevice device, ProductFormat format, int[] size, int variant, SplittableRandom random) {
    boolean transposeA = (variant & 1) != 0;
    boolean transposeB = (variant & 2) != 0;
    boolean add = (variant & 4) != 0;
    int m = size[0];
    int n = size[1];
    int k = size[2];
    try (Workers workers = new Workers(2);
        Scratch shared = new Scratch();
        var _ = device.memory().scope()) {
      Tensor a = numbers(device, (long) m * k, random);
      Tensor b = numbers(device, (long) n * k, random);
      Tensor c = numbers(device, (long) m * n, random);
      new Gemm(
              workers,
              shared,
              format,
              new Gemm.Size(1, m, n, k),
              new Gemm.Operand(matrix(a, transposeA, transposeA ? m : k), (long) m * k),
              new Gemm.Operand(matrix(b, transposeB, transposeB ? k : n), 0),
              null,
              new Product(transposeA, transposeB, -0.7, add, null, Precision.F32),
              Operands.address(c))
          .run();
      return c.toFloats();
    }
  }

  private static Matrix matrix(Tensor t, boolean transposed, long ld) {
    return new Matrix(Operands.address(t), t.dtype(), transposed, ld);
  }

  private static Tensor numbers(VectorDevice device, long count, SplittableRandom random) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(device, values, count);
  }
}
