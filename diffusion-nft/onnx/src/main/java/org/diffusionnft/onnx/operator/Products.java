package org.diffusionnft.onnx.operator;

import java.util.Arrays;
import java.util.List;
import org.diffusionnft.onnx.value.Integers;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Strided;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.onnx.SmallFloats;

/** Matrix products: F32 on the device, other types with plain loops. */
final class Products {
  private Products() {}

  static List<Row> rows() {
    return List.of(
        Row.one("MatMul", c -> matmul(c, c.in(0), c.in(1))),
        Row.one("Gemm", Products::gemm),
        Row.one("Einsum", Einsum::run),
        Row.one("Det", Products::determinant));
  }

  /** NumPy's matmul: vectors become rows or columns, leading axes are broadcast. */
  static NdArray matmul(Call call, NdArray x, NdArray y) {
    ElementType type = call.sameType(List.of(x, y));
    call.require(x.rank() > 0 && y.rank() > 0, "multiplies %s and %s".formatted(x, y));
    NdArray a = x.rank() == 1 ? x.reshape(Shape.of(1, x.dim(0))) : x;
    NdArray b = y.rank() == 1 ? y.reshape(Shape.of(y.dim(0), 1)) : y;
    int k = a.dim(-1);
    call.require(
        b.dim(-2) == k, "has matrices of shapes %s and %s, which do not multiply".formatted(x, y));
    int m = a.dim(-2);
    int n = b.dim(-1);
    Shape batches = call.broadcast(a.shape().withTail(2), b.shape().withTail(2));
    Shape full = call.shape(batches.withTail(0, m, n).dims());
    NdArray out;
    if (type == ElementType.FLOAT && full.elements() > 0 && k > 0) {
      out = onDevice(call, a, b, batches, full);
    } else {
      int[] i = places(a.shape(), batches);
      int[] j = places(b.shape(), batches);
      out = loops(call, a, b, i, j, full);
    }
    Shape result = full;
    if (y.rank() == 1) {
      result = result.withTail(1);
    }
    if (x.rank() == 1) {
      result = Strided.without(result, result.rank() - (y.rank() == 1 ? 1 : 2));
    }
    return out.reshape(result);
  }

  private static int[] places(Shape operand, Shape batches) {
    int size = (int) (operand.dim(-1) * operand.dim(-2));
    int[] places = Strided.broadcast(operand.withTail(2), batches);
    for (int i = 0; i < places.length; i++) {
      places[i] *= size;
    }
    return places;
  }

  private static NdArray onDevice(Call call, NdArray a, NdArray b, Shape batches, Shape full) {
    boolean one = b.shape().withTail(2).elements() == 1;
    boolean same = a.shape().withTail(2).equals(batches) && b.shape().withTail(2).equals(batches);
    if (one && a.shape().withTail(2).equals(batches)) {
      Tensor left = a.tensor(call.device()).reshape(-1, a.dim(-1));
      Tensor right = b.tensor(call.device()).reshape(b.dim(-2), b.dim(-1));
      return NdArray.of(Matrices.matmul(left, right).reshape(full));
    }
    if (same) {
      return NdArray.of(Matrices.matmul(a.tensor(call.device()), b.tensor(call.device())));
    }
    NdArray wideA = Shaping.broadcast(a, batches.withTail(0, a.dim(-2), a.dim(-1)));
    NdArray wideB = Shaping.broadcast(b, batches.withTail(0, b.dim(-2), b.dim(-1)));
    return NdArray.of(Matrices.matmul(wideA.tensor(call.device()), wideB.tensor(call.device())));
  }

  private static NdArray loops(Call call, NdArray a, NdArray b, int[] i, int[] j, Shape full) {
    int m = a.dim(-2);
    int k = a.dim(-1);
    int n = b.dim(-1);
    if (a.type().isInteger()) {
      long[] out = new long[(int) full.elements()];
      for (int at = 0; at < out.length; at++) {
        int batch = at / (m * n);
        int row = at / n % m;
        int column = at % n;
        long sum = 0;
        for (int l = 0; l < k; l++) {
          sum += a.longs()[i[batch] + row * k + l] * b.longs()[j[batch] + l * n + column];
        }
        out[at] = Integers.wrap(a.type(), sum);
      }
      return NdArray.of(a.type(), full, out);
    }
    call.requireFloating(a);
    double[] x = a.toDoubles();
    double[] y = b.toDoubles();
    double[] out = new double[(int) full.elements()];
    for (int at = 0; at < out.length; at++) {
      int batch = at / (m * n);
      int row = at / n % m;
      int column = at % n;
      double sum = 0;
      for (int l = 0; l < k; l++) {
        sum += x[i[batch] + row * k + l] * y[j[batch] + l * n + column];
      }
      out[at] = sum;
    }
    return NdArray.ofDoubles(a.type(), full, out);
  }

  private static NdArray gemm(Call call) {
    NdArray a = call.in(0);
    NdArray b = call.in(1);
    call.requireRank(a, 2, 2);
    call.requireRank(b, 2, 2);
    boolean transA = call.flag("transA", false);
    boolean transB = call.flag("transB", false);
    float alpha = call.number("alpha", 1);
    float beta = call.number("beta", 1);
    int m = a.dim(transA ? 1 : 0);
    int k = a.dim(transA ? 0 : 1);
    int n = b.dim(transB ? 0 : 1);
    call.require(
        b.dim(transB ? 1 : 0) == k,
        "has matrices of shapes %s and %s, which do not multiply".formatted(a, b));
    NdArray product;
    if (call.sameType(List.of(a, b)) == ElementType.FLOAT && m > 0 && n > 0 && k > 0) {
      Product how = new Product(transA, transB, alpha, false, null, Precision.F32);
      Tensor made = Matrices.matmul(a.tensor(call.device()), b.tensor(call.device()), null, how);
      product = NdArray.of(made);
    } else {
      NdArray x = transA ? Shaping.transpose(call, a, 1, 0) : a;
      NdArray y = transB ? Shaping.transpose(call, b, 1, 0) : b;
      product = Unary.map(call, matmul(call, x, y), v -> alpha * v, v -> (long) (alpha * v));
    }
    if (!call.has(2) || beta == 0) {
      return product;
    }
    NdArray c = call.in(2);
    call.require(
        call.broadcast(c.shape(), Shape.of(m, n)).equals(Shape.of(m, n)),
        "adds %s to a product of %d rows and %d columns".formatted(c, m, n));
    if (product.type() == ElementType.FLOAT && c.type() == ElementType.FLOAT && m > 0 && n > 0) {
      Tensor bias = c.tensor(call.device());
      Tensor scaled = beta == 1 ? bias : Elementwise.scale(bias, beta);
      return NdArray.of(Elementwise.add(product.tensor(call.device()), scaled));
    }
    return Binary.combine(
        call, product, c, (v, w) -> v + beta * w, (v, w) -> v + (long) (beta * w));
  }

  private static NdArray determinant(Call call) {
    NdArray x = call.in(0);
    call.requireRank(x, 2, Integer.MAX_VALUE);
    call.requireFloating(x);
    int n = x.dim(-1);
    call.require(x.dim(-2) == n, "needs square matrices, not " + x);
    Shape to = x.shape().withTail(2);
    double[] values = x.toDoubles();
    double[] out = new double[(int) to.elements()];
    for (int i = 0; i < out.length; i++) {
      out[i] = determinant(Arrays.copyOfRange(values, i * n * n, (i + 1) * n * n), n);
    }
    return NdArray.ofDoubles(x.type(), to, out);
  }

  /** By Gaussian elimination with partial pivoting. */
  private static double determinant(double[] m, int n) {
    double product = 1;
    for (int c = 0; c < n; c++) {
      int pivot = c;
      for (int r = c + 1; r < n; r++) {
        pivot = Math.abs(m[r * n + c]) > Math.abs(m[pivot * n + c]) ? r : pivot;
      }
      if (m[pivot * n + c] == 0) {
        return 0;
      }
      for (int j = 0; j < n && pivot != c; j++) {
        double swapped = m[c * n + j];
        m[c * n + j] = m[pivot * n + j];
        m[pivot * n + j] = swapped;
      }
      product *= pivot == c ? m[c * n + c] : -m[c * n + c];
      for (int r = c + 1; r < n; r++) {
        double factor = m[r * n + c] / m[c * n + c];
        for (int j = c; j < n; j++) {
          m[r * n + j] -= factor * m[c * n + j];
        }
      }
    }
    return product;
  }

  /** A number rounded to the type of an array. */
  static float rounded(NdArray like, double value) {
    return SmallFloats.round(like.type(), (float) value);
  }
}
