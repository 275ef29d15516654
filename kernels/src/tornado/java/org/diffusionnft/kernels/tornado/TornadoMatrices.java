package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import org.diffusionnft.tensor.MatrixKernels;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Matrix products. */
final class TornadoMatrices implements MatrixKernels {
  private final Launcher launcher;
  private final OnHost onHost;
  private final CublasProducts cublas;

  TornadoMatrices(Launcher launcher, OnHost onHost) {
    this.launcher = launcher;
    this.onHost = onHost;
    this.cublas = new CublasProducts(launcher);
  }

  @Override
  public void matmul(Tensor a, Tensor b, @Nullable Tensor bias, Product product, Tensor out) {
    if (out.elements() == 0) {
      return;
    }
    boolean readable =
        Halves.readable(a.dtype())
            && Halves.readable(b.dtype())
            && (bias == null || Halves.readable(bias.dtype()));
    boolean plain =
        product.activation() == null || product.activation().ordinal() >= Scalars.FIRST_ACTIVATION;
    if (!readable || !single(out) || !plain) {
      onHost.run(
          "matmul",
          (r, t) ->
              r.matrices()
                  .matmul(t.in(a), t.in(b), bias == null ? null : t.in(bias), product, t.out(out)));
      return;
    }
    int rows = out.shape().intDim(-2);
    int columns = out.shape().intDim(-1);
    int inner = a.shape().intDim(product.transposeA() ? -2 : -1);
    int batches = Math.toIntExact(out.elements() / rows / columns);
    boolean shared = b.shape().rank() == 2;
    if (shared && batches > 1 && !product.transposeA()) {
      rows *= batches; // one tall matrix
      batches = 1;
    }
    CublasProducts.Sizes sizes = new CublasProducts.Sizes(rows, columns, inner, batches, shared);
    if (cublas.take(a, b, bias, product, sizes)) {
      cublas.multiply(a, b, bias, product, out, sizes);
      return;
    }
    int[] values = {
      rows,
      columns,
      inner,
      launcher.atAny(a),
      launcher.atAny(b),
      bias == null ? -1 : launcher.atAny(bias),
      launcher.at(out),
      product.transposeA() ? 1 : inner,
      product.transposeA() ? rows : 1,
      product.transposeB() ? 1 : columns,
      product.transposeB() ? inner : 1,
      rows * inner,
      shared ? 0 : inner * columns,
      product.activation() == null ? -1 : product.activation().ordinal(),
      product.accumulate() ? 1 : 0,
      launcher.type(a),
      launcher.type(b),
      bias == null ? Halves.F32 : launcher.type(bias)
    };
    Kernel kernel = single(a, b, bias) ? Kernel.MATMUL : Kernel.MATMUL_HALF;
    launcher
        .plans()
        .tiles(
            kernel,
            (columns + MatrixTasks.TILE - 1) / MatrixTasks.TILE,
            (rows + MatrixTasks.TILE - 1) / MatrixTasks.TILE,
            batches,
            MatrixTasks.SIDE,
            values,
            (float) product.scale());
  }
}
