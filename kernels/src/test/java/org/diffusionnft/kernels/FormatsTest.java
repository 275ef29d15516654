package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Tag;
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

  @Tag("slow")
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

  @Tag("slow")
  @Test
  void machineCodeGivesTheBitsOfTheVectorApiInAttention() {
    Formats machine = Formats.make("");
    assumeTrue(machine.floats() instanceof FloatFormat format && format.exponentials() != null);
    int[][] sizes = {{33, 47, 64}, {5, 600, 24}, {70, 257, 64}, {1, 1, 8}};
    try (VectorDevice device = new VectorDevice(new DeviceOptions(2))) {
      for (int[] size : sizes) {
        for (boolean masked : new boolean[] {false, true}) {
          assertArrayEquals(
              attended(device, Formats.make("vector"), size, masked),
              attended(device, machine, size, masked));
        }
      }
    }
  }

  /** Output and log of the sums, one after the other, of two heads. */
  private static float[] attended(
      VectorDevice device, Formats formats, int[] size, boolean masked) {
    int queries = size[0];
    int keys = size[1];
    int heads = 2;
    long width = (long) heads * size[2];
    SplittableRandom random = new SplittableRandom(7);
    try (Workers workers = new Workers(2);
        Fallback fallback = new Fallback(_ -> {});
        var _ = device.memory().scope()) {
      Tensor q = numbers(device, queries * width, random).reshape(1, queries, width);
      Tensor k = numbers(device, keys * width, random).reshape(1, keys, width);
      Tensor v = numbers(device, keys * width, random).reshape(1, keys, width);
      float[] shifts = new float[queries * keys];
      for (int i = 0; i < shifts.length; i++) {
        // The second query sees nothing in its first 300 keys, and some others miss some.
        boolean hidden = i / keys == 1 ? i % keys < 300 : i % 7 == 0;
        shifts[i] = hidden ? Float.NEGATIVE_INFINITY : i % 3;
      }
      Tensor mask = Tensor.of(device, shifts, 1, 1, queries, keys);
      Tensor out = Tensor.zeros(device, DType.F32, Shape.of(1, queries, width));
      Tensor logs = Tensor.zeros(device, DType.F32, Shape.of(1, heads, queries));
      new VectorAttention(workers, formats, fallback)
          .attention(q, k, v, masked ? mask : null, heads, 0.3, out, logs);
      float[] both =
          Arrays.copyOf(out.toFloats(), Math.toIntExact(queries * width + heads * queries));
      System.arraycopy(logs.toFloats(), 0, both, Math.toIntExact(queries * width), heads * queries);
      return both;
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
