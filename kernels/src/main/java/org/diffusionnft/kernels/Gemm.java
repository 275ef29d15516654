package org.diffusionnft.kernels;

import org.diffusionnft.kernels.GemmTask.Part;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * One matrix product, split by its shape only into tasks: blocks of rows and columns of the output
 * with all of K. If B is small and shared by the whole batch, it is packed once for all tasks;
 * otherwise each task packs its own columns.
 */
final class Gemm {

  /**
   * {@code [m, k]} times {@code [k, n]}.
   *
   * @param batches number of such products
   */
  record Size(int batches, int m, int n, int k) {}

  /**
   * An operand.
   *
   * @param first the first matrix of the batch
   * @param batchStride elements between the matrices of a batch
   */
  record Operand(Matrix first, long batchStride) {
    long at(int batch) {
      return first.address() + first.dtype().bytes() * batchStride * batch;
    }

    Matrix matrix(int batch) {
      return new Matrix(at(batch), first.dtype(), first.transposed(), first.ld());
    }
  }

  /** Maximum rows and columns of a task that packs B itself. */
  private static final int TASK_ROWS = 2048;

  private static final int TASK_COLUMNS = 384;

  /**
   * A task that packs B itself is halved only above this many multiply-adds: tens of microseconds.
   */
  private static final long TASK_WORK = 2_000_000;

  /** Approximate multiply-adds of a task for which B is already packed. */
  private static final long SMALL_TASK_WORK = 500_000;

  /** With at least this many tasks, a product is not split further. */
  private static final int FEW_TASKS = 8;

  /** Maximum size of B, in floats, for packing it once for all tasks. */
  private static final long SHARED_FLOATS = 1 << 18;

  /**
   * Maximum number of rows for which every task takes all rows. Tasks then differ in columns, and
   * each packs its own: a panel packed by another core would have to travel between caches every
   * time.
   */
  private static final int ALL_ROWS = 96;

  private static final int SHARED_B = 1;
  private static final int SHARED_BIAS = 2;

  private final Workers workers;
  private final Scratch shared;
  private final ProductFormat format;
  private final int batches;
  private final int m;
  private final int n;
  private final int k;
  private final Operand a;
  private final Operand b;
  private final @Nullable Matrix bias;
  private final Product product;
  private final long out;

  Gemm(
      Workers workers,
      Scratch shared,
      ProductFormat format,
      Size size,
      Operand a,
      Operand b,
      @Nullable Matrix bias,
      Product product,
      long out) {
    this.workers = workers;
    this.shared = shared;
    this.format = format;
    this.batches = size.batches;
    this.m = size.m;
    this.n = size.n;
    this.k = size.k;
    this.a = a;
    this.b = b;
    this.bias = bias;
    this.product = product;
    this.out = out;
  }

  /** Computes the product. */
  void run() {
    Cut cut = cut();
    int rows = cut.rows;
    int columns = cut.columns;
    int rowTasks = parts(m, rows);
    int columnTasks = parts(n, columns);
    long biasFloats = biasFloats();
    workers.run(
        Math.toIntExact((long) batches * rowTasks * columnTasks),
        (long) batches * m * n * Math.max(1, k) / 16,
        (index, scratch) -> {
          int column = index % columnTasks * columns;
          int row = index / columnTasks % rowTasks * rows;
          int batch = index / columnTasks / rowTasks;
          Part part =
              new Part(
                  row,
                  Math.min(rows, m - row),
                  column,
                  Math.min(columns, n - column),
                  out + 4L * (((long) batch * m + row) * n + column),
                  4L * n);
          new GemmTask(
                  format, a.matrix(batch), b.matrix(batch), k, product, part, cut.packed, scratch)
              .run();
          finish(part, biasFloats, scratch);
        });
  }

  /**
   * How the output is split into tasks.
   *
   * @param packed address of all of b, packed for all tasks; 0 if each task packs its own part
   */
  private record Cut(int rows, int columns, long packed) {}

  private Cut cut() {
    boolean packOnce = b.batchStride() == 0 && Panels.floats(n, format.steps(k)) <= SHARED_FLOATS;
    if (packOnce && batches == 1 && m <= ALL_ROWS) {
      return new Cut(m, columnsOfTask(), 0);
    }
    long packed = packOnce ? packShared() : 0;
    int columns = packOnce ? n : Math.min(n, TASK_COLUMNS);
    int rows = packOnce ? rowsOfTask(columns) : Math.min(m, TASK_ROWS);
    while (!packOnce && blocks(rows, columns) < FEW_TASKS && worthHalving(rows, columns)) {
      // Rows first: a panel packed for fewer than about fifty rows costs as much as it saves.
      if (rows >= 96) {
        rows = half(rows, Block.ROWS);
      } else {
        columns = half(columns, Panels.WIDTH);
      }
    }
    return new Cut(rows, columns, packed);
  }

  private long blocks(int rows, int columns) {
    return (long) batches * parts(m, rows) * parts(n, columns);
  }

  private boolean worthHalving(int rows, int columns) {
    return (rows >= 96 || columns > Panels.WIDTH) && (long) rows * columns * k > TASK_WORK;
  }

  private static int half(int size, int multiple) {
    return (size / 2 + multiple - 1) / multiple * multiple;
  }

  private int rowsOfTask(int columns) {
    long rows = Math.max(1, SMALL_TASK_WORK / ((long) columns * Math.max(1, k)));
    return Math.min(m, evenly(m, (int) Math.min(format.rows(), rows), 4));
  }

  private int columnsOfTask() {
    long columns = Math.max(Panels.WIDTH, SMALL_TASK_WORK / ((long) m * Math.max(1, k)));
    return Math.min(n, evenly(n, (int) Math.min(TASK_COLUMNS, columns), Panels.WIDTH));
  }

  /** Packs all of B, a task per panel. */
  private long packShared() {
    int steps = format.steps(k);
    long to = shared.floats(SHARED_B, Panels.floats(n, steps));
    workers.run(
        Panels.count(n),
        (long) n * k,
        (panel, scratch) -> {
          int column = panel * Panels.WIDTH;
          int columns = Math.min(Panels.WIDTH, n - column);
          format.pack(b.first, 0, k, column, columns, to + 4L * column * steps, scratch.work());
        });
    return to;
  }

  private long biasFloats() {
    if (bias == null) {
      return 0;
    }
    if (bias.dtype() == DType.F32) {
      return bias.address();
    }
    long to = shared.floats(SHARED_BIAS, n);
    Lanes.widen(bias.dtype(), bias.address(), to, n);
    return to;
  }

  /**
   * A part size, rounded up to {@code multiple}, that splits {@code size} about evenly into parts
   * of at most {@code most}.
   */
  static int evenly(int size, int most, int multiple) {
    int each = parts(size, parts(size, most));
    return parts(each, multiple) * multiple;
  }

  /** The number of parts of at most {@code each} that a size is split into. */
  static int parts(int size, int each) {
    return (size + each - 1) / each;
  }

  private void finish(Part part, long biasFloats, Scratch scratch) {
    UnaryOp activation = product.activation();
    if (biasFloats == 0 && activation == null) {
      return;
    }
    for (int r = 0; r < part.rows(); r++) {
      long at = part.out() + part.rowOut() * r;
      if (biasFloats != 0) {
        RowLoops.add(biasFloats + 4L * part.column(), at, part.columns());
      }
      if (activation != null) {
        UnaryRows.value(activation, 0, 0, at, at, part.columns(), scratch);
      }
    }
  }
}
