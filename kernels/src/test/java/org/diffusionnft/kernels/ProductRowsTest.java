package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row of a product has the same bits however many rows there are: the batch changes nothing. */
class ProductRowsTest {
  private static final int ROWS = 130;
  private static final int[] FEWER = {1, 2, 3, 4, 5, 7, 8, 9, 14, 40, 97};

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"1,1", "5,9", "33,257", "70,96", "200,600", "2304,1100"})
  void rows(int n, int k) {
    try (VectorDevice device = new VectorDevice(new DeviceOptions(2))) {
      for (boolean transposed : new boolean[] {false, true}) {
        for (DType dtype : new DType[] {DType.F32, DType.BF16, DType.F16}) {
          check(device, n, k, DType.F32, dtype, transposed, Precision.F32);
        }
        check(device, n, k, DType.BF16, DType.BF16, transposed, Precision.BF16);
      }
    }
  }

  private static void check(
      VectorDevice device, int n, int k, DType left, DType right, boolean t, Precision precision) {
    try (var _ = device.memory().scope()) {
      SplittableRandom random = new SplittableRandom(5);
      float[] a = numbers(random, ROWS * k);
      Tensor b =
          Tensor.of(device, numbers(random, n * k), t ? new long[] {n, k} : new long[] {k, n});
      Tensor weights = Elementwise.convert(b, right);
      Tensor bias = Tensor.of(device, numbers(random, n), n);
      Product product = new Product(false, t, 0.3, false, UnaryOp.SILU, precision);
      float[] all = product(device, a, ROWS, k, left, weights, bias, product);
      for (int rows : FEWER) {
        assertArrayEquals(
            Arrays.copyOf(all, rows * n),
            product(device, a, rows, k, left, weights, bias, product),
            () -> "%s x %s, transposed %s, %d rows".formatted(left, right, t, rows));
      }
    }
  }

  private static float[] product(
      VectorDevice device,
      float[] a,
      int rows,
      int k,
      DType dtype,
      Tensor b,
      Tensor bias,
      Product product) {
    Tensor left =
        Elementwise.convert(Tensor.of(device, Arrays.copyOf(a, rows * k), rows, k), dtype);
    int n = bias.shape().intDim(0);
    Tensor out = Tensor.zeros(device, DType.F32, Shape.of(rows, n));
    device.matrices().matmul(left, b, bias, product, out);
    return out.toFloats();
  }

  private static float[] numbers(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
