package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.kernels.VectorConvolutions.Ending;
import org.diffusionnft.tensor.ConvolutionKernels.Sweep;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;

/**
 * A convolution as a matrix product of the weights and the windows. The columns are never stored in
 * full (implicit GEMM): a panel is packed from the image just before it is multiplied, while it is
 * in the L1 cache. Tasks are split by shape only; the summation order is that of {@link Gemm}.
 */
final class WindowProduct {
  /** Approximate number of outputs of a task: they stay in the L2 cache. */
  private static final int TASK_FLOATS = 1 << 16;

  /** Minimum columns of a task, unless the output has fewer. */
  private static final int LEAST_COLUMNS = 256;

  /** Maximum columns of a task. */
  private static final int MOST_COLUMNS = 2048;

  /** Minimum multiply-adds of a task that is still split in two. */
  private static final long TASK_WORK = 2_000_000;

  /** With at least this many tasks, a product is not split further. */
  private static final int FEW_TASKS = 8;

  /** Minimum filters and columns of a task for which a copy for the tall tiles pays off. */
  private static final int MANY = 64;

  /** Columns packed at once. */
  private static final int PACKED = 4 * Panels.WIDTH;

  private static final int SLOT_A = 1;
  private static final int SLOT_B = 2;

  private final Workers workers;
  private final ProductFormat format;
  private final WindowPanels windows;
  private final Ending ending;
  private final DType type;
  private final long weight;
  private final long out;
  private final int pictures;
  private final int groups;
  private final int filters;
  private final int k;
  private final int n;

  WindowProduct(
      Workers workers,
      ProductFormat format,
      Tensor x,
      Tensor weight,
      Sweep sweep,
      Ending ending,
      Tensor out) {
    this.workers = workers;
    this.format = format;
    this.ending = ending;
    this.windows = WindowPanels.of(x, sweep);
    this.type = weight.dtype();
    this.weight = address(weight);
    this.out = address(out);
    this.pictures = x.shape().intDim(0);
    this.groups = sweep.groups();
    this.filters = weight.shape().intDim(0) / groups;
    this.k = Math.toIntExact(weight.dim(1) * sweep.cells());
    this.n = Math.multiplyExact(sweep.outHeight(), sweep.outWidth());
  }

  /** Computes the convolution. */
  void run() {
    int rows = evenly(filters, format.rows(), 1);
    int wanted = Math.clamp(TASK_FLOATS / rows, LEAST_COLUMNS, MOST_COLUMNS);
    int columns = Math.min(n, evenly(n, wanted, Panels.WIDTH));
    long blocks = (long) pictures * groups * parts(filters, rows);
    while (blocks * parts(n, columns) < FEW_TASKS
        && columns > 2 * Panels.WIDTH
        && (long) rows * columns * k > TASK_WORK) {
      columns = evenly(columns, (columns + 1) / 2, Panels.WIDTH);
    }
    int width = columns;
    int columnTasks = parts(n, width);
    int rowTasks = parts(filters, rows);
    workers.run(
        Math.toIntExact((long) pictures * groups * rowTasks * columnTasks),
        (long) pictures * groups * filters * n * Math.max(1, k) / 16,
        (index, scratch) -> {
          int column = index % columnTasks * width;
          int row = index / columnTasks % rowTasks * rows;
          int group = index / columnTasks / rowTasks;
          int height = Math.min(rows, filters - row);
          multiply(group, row, height, column, Math.min(width, n - column), scratch);
        });
  }

  private static int parts(int size, int each) {
    return (size + each - 1) / each;
  }

  /** A part size, rounded up to {@code multiple}, that splits {@code size} about evenly. */
  private static int evenly(int size, int most, int multiple) {
    int each = parts(size, parts(size, most));
    return parts(each, multiple) * multiple;
  }

  /** How many columns to pack next: whole panels, or a last partial one by itself. */
  private static int packedAtOnce(int columns) {
    return columns < Panels.WIDTH
        ? columns
        : Math.min(PACKED, columns / Panels.WIDTH * Panels.WIDTH);
  }

  /**
   * Computes a block of the output.
   *
   * @param group index over the groups of all images
   */
  private void multiply(int group, int row, int rows, int column, int columns, Scratch scratch) {
    int filter = group % groups * filters + row;
    long to = out + 4L * (((long) group * filters + row) * n + column);
    Matrix left = new Matrix(weight, type, false, k);
    boolean reused = Math.min(rows, columns) >= MANY;
    for (int fromK = 0; fromK < k; fromK += format.depth()) {
      int depth = Math.min(format.depth(), k - fromK);
      Block.Left a = format.left(left, filter, rows, fromK, depth, reused, scratch, SLOT_A);
      long panels = scratch.floats(SLOT_B, Panels.floats(PACKED, depth));
      for (int first = 0; first < columns; ) {
        int packed = packedAtOnce(columns - first);
        windows.pack(group, fromK, depth, column + first, packed, panels);
        for (int p = 0; p < packed; p += Panels.WIDTH) {
          int width = Math.min(Panels.WIDTH, packed - p);
          format.strip(
              rows,
              width,
              depth,
              a,
              panels + 4L * p * depth,
              Panels.step(width),
              to + 4L * (first + p),
              4L * n,
              1,
              fromK > 0,
              scratch.tile(),
              0);
        }
        first += packed;
      }
    }
    for (int r = 0; r < rows; r++) {
      ending.apply(filter + r, to + 4L * n * r, columns, scratch);
    }
  }
}
