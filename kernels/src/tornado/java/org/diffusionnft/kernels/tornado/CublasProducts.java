package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS, where it was found. It multiplies F32 only: a bias is first copied to
 * every row of the result and the product is added to it; an activation follows as a separate
 * kernel; half-precision operands are widened beforehand, one at a time, never a whole model.
 */
final class CublasProducts {
  /**
   * Minimum rows for which half-precision operands are widened. With fewer, most of the time goes
   * to reading the weights, and widening moves five times the bytes. Not measured on a GPU.
   */
  private static final int WIDENED_ROWS = 128;

  private final Launcher launcher;

  CublasProducts(Launcher launcher) {
    this.launcher = launcher;
  }

  /** Sizes of one product, how many there are, and whether they all have the same b. */
  record Sizes(int rows, int columns, int inner, int batches, boolean shared) {}

  /** Whether cuBLAS is available and can compute such a product. */
  boolean take(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Sizes sizes) {
    return launcher.plans().has(Kernel.CUBLAS)
        && sizes.inner > 0
        && !(product.accumulate() && bias != null)
        && (single(a, b) || sizes.rows >= WIDENED_ROWS);
  }

  /** {@code out = activation(scale * op(a) op(b) + bias)}; {@code out +=} without a bias. */
  void multiply(
      Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out, Sizes sizes) {
    List<Tensor> temporaries = new ArrayList<>();
    int rows = sizes.rows;
    int columns = sizes.columns;
    int inner = sizes.inner;
    int aAt = widened(a, temporaries);
    int bAt = widened(b, temporaries);
    int outAt = launcher.at(out);
    Plans plans = launcher.plans();
    if (bias != null) {
      long[] again = {0, 1};
      long[] rowByRow = {columns, 1};
      Shape shape = Shape.of(out.elements() / columns, columns);
      launcher.copy(widened(bias, temporaries), outAt, shape, again, rowByRow);
    }
    int[] p = new int[CublasProvider.SLOTS];
    p[CublasProvider.ROWS] = rows;
    p[CublasProvider.COLUMNS] = columns;
    p[CublasProvider.INNER] = inner;
    p[CublasProvider.BATCHES] = sizes.batches;
    p[CublasProvider.A] = aAt;
    p[CublasProvider.TRANSPOSE_A] = product.transposeA() ? 1 : 0;
    p[CublasProvider.A_ROW] = product.transposeA() ? rows : inner;
    p[CublasProvider.A_BATCH] = rows * inner;
    p[CublasProvider.B] = bAt;
    p[CublasProvider.TRANSPOSE_B] = product.transposeB() ? 1 : 0;
    p[CublasProvider.B_ROW] = product.transposeB() ? inner : columns;
    p[CublasProvider.B_BATCH] = sizes.shared ? 0 : inner * columns;
    p[CublasProvider.OUT] = outAt;
    p[CublasProvider.OUT_ROW] = columns;
    p[CublasProvider.OUT_BATCH] = rows * columns;
    p[CublasProvider.ACCUMULATE] = product.accumulate() || bias != null ? 1 : 0;
    plans.each(Kernel.CUBLAS, 1, p, (float) product.scale());
    if (product.activation() != null) {
      launcher.device().elementwise().unary(product.activation(), 0, 0, out, out);
    }
    temporaries.forEach(Tensor::release);
  }

  /** The position of an operand in F32; of a widened copy if needed. */
  private int widened(Tensor t, List<Tensor> temporaries) {
    if (t.dtype() == DType.F32) {
      return launcher.at(t);
    }
    Tensor wide = launcher.temporary(t.elements());
    temporaries.add(wide);
    launcher.widen(t, wide);
    return launcher.at(wide);
  }
}
