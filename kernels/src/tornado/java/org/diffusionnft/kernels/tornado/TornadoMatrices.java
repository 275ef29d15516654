package org.diffusionnft.kernels.tornado;

import static org.diffusionnft.kernels.tornado.Launcher.single;

import org.diffusionnft.tensor.MatrixKernels;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/** Matrix products. */
final class TornadoMatrices implements MatrixKernels {
  /**
   * Forces a tile for all products, {@code large} or {@code medium}: for tests and measurements.
   */
  private static final String TILE = System.getProperty("dnft.tornado.tile", "");

  /**
   * Cost of an element in a medium tile, relative to a large one: an estimate from the elements
   * each reads per multiplication, not yet measured on a GPU.
   */
  private static final double MEDIUM_COST = 1.25;

  /** Work-items along each side of a tile. */
  private static final int SIDE = 16;

  private final Launcher launcher;
  private final OnHost onHost;
  private final CublasProducts cublas;
  private final int units;
  private final boolean processor;

  /**
   * Matrix products on a device.
   *
   * @param units minimum number of work-groups that the device runs at once
   * @param processor whether it is a CPU, such as PoCL's, rather than a GPU
   */
  TornadoMatrices(Launcher launcher, OnHost onHost, int units, boolean processor) {
    this.launcher = launcher;
    this.onHost = onHost;
    this.cublas = new CublasProducts(launcher);
    this.units = units;
    this.processor = processor;
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
    launch(p, rows, columns, batches, product);
  }

  /** Chooses the kernel; done only here. */
  private void launch(int[] p, int rows, int columns, int batches, Product product) {
    float scale = (float) product.scale();
    Plans plans = launcher.plans();
    if (rows <= MatrixTasks.FEW_ROWS && product.transposeB()) {
      long groups = (long) columns * batches;
      plans.groups(Kernel.MATMUL_ROWS, groups, MatrixTasks.GROUP, p, scale);
    } else if (largeTiles(rows, columns, batches)) {
      tiles(Kernel.MATMUL_LARGE, LargeTile.TILE, p, rows, columns, batches, scale);
    } else {
      tiles(Kernel.MATMUL_MEDIUM, MediumTile.TILE, p, rows, columns, batches, scale);
    }
  }

  /**
   * Large tiles do more work per element read, if there are enough of them to occupy the device. On
   * a CPU all accumulators of a group are in its cache, which the large tile's exceed.
   */
  private boolean largeTiles(int rows, int columns, int batches) {
    return switch (TILE) {
      case "large" -> true;
      case "medium" -> false;
      default ->
          !processor
              && cost(LargeTile.TILE, rows, columns, batches)
                  < MEDIUM_COST * cost(MediumTile.TILE, rows, columns, batches);
    };
  }

  /**
   * The number of elements that each unit of the device computes, including those beyond the edges
   * of the result and those of idle units.
   */
  private long cost(int tile, int rows, int columns, int batches) {
    long tiles = count(rows, tile) * count(columns, tile) * batches;
    return (tiles + units - 1) / units * tile * tile;
  }

  private static long count(int size, int tile) {
    return ((long) size + tile - 1) / tile;
  }

  private void tiles(
      Kernel kernel, int tile, int[] p, int rows, int columns, int batches, float scale) {
    launcher
        .plans()
        .tiles(kernel, count(columns, tile), count(rows, tile), batches, SIDE, p, scale);
  }
}
