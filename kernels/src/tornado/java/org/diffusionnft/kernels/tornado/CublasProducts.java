package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;
import static org.diffusionnft.kernels.tornado.Launcher.size;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS, where it was found. It multiplies F32 alone: a bias is laid out under
 * the product, which is added to it; an activation follows; operands of half precision are widened
 * first, one at a time, never a whole model.
 */
final class CublasProducts {
  /**
   * Rows from which on operands of half precision are widened: with fewer, reading the weights is
   * what takes long, and widening moves five times the bytes. Not measured on a GPU.
   */
  private static final int WIDENED = 128;

  private final Launcher launcher;

  CublasProducts(Launcher launcher) {
    this.launcher = launcher;
  }

  /** Sizes of a product: of one batch, and how many there are; {@code shared}: one b for all. */
  record Sizes(int rows, int columns, int inner, int batches, boolean shared) {}

  /** Whether cuBLAS is here, and is for such a product. */
  boolean take(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Sizes sizes) {
    return launcher.plans().has(Kernel.CUBLAS)
        && sizes.inner > 0
        && !(product.accumulate() && bias != null)
        && (single(a, b) || sizes.rows >= WIDENED);
  }

  /** {@code out = activation(scale * op(a) op(b) + bias)}, or {@code out +=} without the latter. */
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
      int n = size(out);
      int[] layOut = {
        n, widened(bias, temporaries), outAt, 2, n / columns, 0, columns, columns, 1, 1
      };
      plans.each(Kernel.STRIDED_COPY, n, layOut);
    }
    int[] values = {
      product.transposeB() ? 1 : 0,
      product.transposeA() ? 1 : 0,
      columns,
      rows,
      inner,
      bAt,
      product.transposeB() ? inner : columns,
      sizes.shared ? 0 : inner * columns,
      aAt,
      product.transposeA() ? rows : inner,
      rows * inner,
      outAt,
      columns,
      rows * columns,
      sizes.batches,
      product.accumulate() || bias != null ? 1 : 0
    };
    plans.each(Kernel.CUBLAS, 1, values, (float) product.scale());
    if (product.activation() != null) {
      int[] activate = {size(out), outAt, outAt, product.activation().ordinal(), 0};
      plans.each(Kernel.UNARY, out.elements(), activate, 0f, 0f);
    }
    temporaries.forEach(Tensor::release);
  }

  /** Where an operand lies in F32. */
  private int widened(Tensor t, List<Tensor> temporaries) {
    if (t.dtype() == DType.F32) {
      return launcher.at(t);
    }
    Tensor wide = launcher.temporary(t.elements());
    temporaries.add(wide);
    int[] values = {size(t), launcher.atAny(t), launcher.at(wide), launcher.type(t)};
    launcher.plans().each(Kernel.WIDEN, t.elements(), values);
    return launcher.at(wide);
  }
}
