package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import org.diffusionnft.tensor.MatrixKernels;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
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
        TypeCode.readable(a.dtype())
            && TypeCode.readable(b.dtype())
            && (bias == null || TypeCode.readable(bias.dtype()));
    UnaryOp activation = product.activation();
    boolean fused = activation == null || UnaryCode.of(activation) >= UnaryCode.FIRST_ACTIVATION;
    if (!readable || !single(out) || !fused) {
      onHost.run(
          "matmul",
          (r, t) ->
              r.matrices()
                  .matmul(t.in(a), t.in(b), bias == null ? null : t.in(bias), product, t.out(out)),
          a,
          b,
          bias,
          out);
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
    int[] p = new int[MatrixTasks.SLOTS];
    p[MatrixTasks.ROWS] = rows;
    p[MatrixTasks.COLUMNS] = columns;
    p[MatrixTasks.INNER] = inner;
    p[MatrixTasks.A] = launcher.atAny(a);
    p[MatrixTasks.A_TYPE] = launcher.type(a);
    p[MatrixTasks.A_ROW] = product.transposeA() ? 1 : inner;
    p[MatrixTasks.A_INNER] = product.transposeA() ? rows : 1;
    p[MatrixTasks.A_BATCH] = rows * inner;
    p[MatrixTasks.B] = launcher.atAny(b);
    p[MatrixTasks.B_TYPE] = launcher.type(b);
    p[MatrixTasks.B_INNER] = product.transposeB() ? 1 : columns;
    p[MatrixTasks.B_COLUMN] = product.transposeB() ? inner : 1;
    p[MatrixTasks.B_BATCH] = shared ? 0 : inner * columns;
    p[MatrixTasks.BIAS] = bias == null ? Arguments.NONE : launcher.atAny(bias);
    p[MatrixTasks.BIAS_TYPE] = bias == null ? TypeCode.F32 : launcher.type(bias);
    p[MatrixTasks.OUT] = launcher.at(out);
    p[MatrixTasks.ACTIVATION] = activation == null ? Arguments.NONE : UnaryCode.of(activation);
    p[MatrixTasks.ACCUMULATE] = product.accumulate() ? 1 : 0;
    launcher
        .plans()
        .tiles(
            Kernel.MATMUL,
            (columns + MatrixTasks.TILE - 1) / MatrixTasks.TILE,
            (rows + MatrixTasks.TILE - 1) / MatrixTasks.TILE,
            batches,
            MatrixTasks.SIDE,
            p,
            (float) product.scale());
  }
}
