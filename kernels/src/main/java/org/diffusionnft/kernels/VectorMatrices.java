package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.MatrixKernels;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Matrix products; see {@link Gemm}. */
final class VectorMatrices implements MatrixKernels {
  private final Workers workers;
  private final Fallback fallback;
  private final Formats formats;
  private final Scratch shared = new Scratch();

  VectorMatrices(Workers workers, Formats formats, Fallback fallback) {
    this.formats = formats;
    this.workers = workers;
    this.fallback = fallback;
  }

  void close() {
    shared.close();
  }

  @Override
  public void matmul(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out) {
    if (out.dtype() != DType.F32 || !Operands.allWidenable(a, b, bias)) {
      fallback.reference("matmul", a, b, bias, out).matrices().matmul(a, b, bias, product, out);
      return;
    }
    if (out.elements() == 0) {
      return;
    }
    int m = out.shape().intDim(-2);
    int n = out.shape().intDim(-1);
    int k = a.shape().intDim(product.transposeA() ? -2 : -1);
    boolean half = product.precision() == Precision.BF16;
    if (half && (a.dtype() != DType.BF16 || b.dtype() != DType.BF16)) {
      throw new IllegalArgumentException("products in BF16 take operands that are rounded to it");
    }
    int batches = Math.toIntExact(out.elements() / ((long) m * n));
    boolean oneB = b.shape().rank() == 2;
    if (oneB && batches > 1 && !product.transposeA()) {
      m = Math.toIntExact((long) m * batches);
      batches = 1;
    }
    new Gemm(
            workers,
            shared,
            half ? formats.half() : formats.floats(),
            new Gemm.Size(batches, m, n, k),
            new Gemm.Operand(
                matrix(a, product.transposeA(), product.transposeA() ? m : k), (long) m * k),
            new Gemm.Operand(
                matrix(b, product.transposeB(), product.transposeB() ? k : n),
                oneB ? 0 : (long) n * k),
            bias == null ? null : matrix(bias, false, n),
            product,
            address(out))
        .run();
  }

  private static Matrix matrix(Tensor t, boolean transposed, long ld) {
    return new Matrix(address(t), t.dtype(), transposed, ld);
  }
}
