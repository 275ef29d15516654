package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * One matrix product, split into tasks by its shape only.
 *
 * <p>A task is a block of rows and columns of the output with all of K. For some rows at a time, it
 * walks K in steps of {@link ProductFormat#depth}, for which a panel of B stays in the L1 cache,
 * and adds each step's product to the output, which stays in L2. So the order of additions for an
 * element does not depend on how the rest is split. If B is small and shared by the whole batch, it
 * is packed once for all tasks; otherwise each task packs its own columns.
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

  /** The output block of one task. */
  private record Part(int batch, int row, int rows, int column, int columns) {}

  /** Maximum rows of a task that packs B itself. */
  private static final int TASK_ROWS = 2048;

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

  /** Minimum rows of A and columns of a task for which a copy for the tall tiles pays off. */
  private static final int MANY = 64;

  /**
   * Maximum number of rows for which every task takes all rows. Tasks then differ in columns, and
   * each packs its own: a panel packed by another core would have to travel between caches every
   * time.
   */
  private static final int ALL_ROWS = 96;

  /** Maximum number of rows for which packing all of B first would be most of the work. */
  private static final int FEW = 8;

  private static final int SLOT_A = 1;
  private static final int SLOT_B = 2;
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
    int rowTasks = (m + rows - 1) / rows;
    int columnTasks = (n + columns - 1) / columns;
    long biasFloats = biasFloats();
    workers.run(
        Math.toIntExact((long) batches * rowTasks * columnTasks),
        (long) batches * m * n * Math.max(1, k) / 16,
        (index, scratch) -> {
          int column = index % columnTasks * columns;
          int row = index / columnTasks % rowTasks * rows;
          Part part =
              new Part(
                  index / columnTasks / rowTasks,
                  row,
                  Math.min(rows, m - row),
                  column,
                  Math.min(columns, n - column));
          multiply(part, cut.packed, scratch);
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
    int columns = packOnce ? n : Math.min(n, format.columns());
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
    return (long) batches * ((m + rows - 1) / rows) * ((n + columns - 1) / columns);
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
    return Math.min(n, evenly(n, (int) Math.min(format.columns(), columns), Panels.WIDTH));
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
          packPanel(b.first, 0, k, column, n, to + 4L * column * steps, scratch);
        });
    return to;
  }

  private void packPanel(
      Matrix from, int fromK, int depth, int column, int end, long to, Scratch scratch) {
    int columns = Math.min(Panels.WIDTH, end - column);
    format.pack(from, fromK, depth, column, columns, to, scratch.work());
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

  private long output(Part part) {
    return out + 4L * (((long) part.batch * m + part.row) * n + part.column);
  }

  /** Rows first, then K, so that a block of the output stays in the L2 cache until it is done. */
  private void multiply(Part part, long packed, Scratch scratch) {
    if (k == 0) {
      clear(part);
    }
    boolean inPlace = packed == 0 && inPlace();
    if (packed == 0 && !inPlace && m <= FEW) {
      multiplyFew(part, scratch);
      return;
    }
    long panels = packed == 0 && !inPlace ? packColumns(part, scratch) : packed;
    int most = evenly(part.rows, format.rows(), Block.ROWS);
    for (int row = 0; row < part.rows; row += most) {
      int rows = Math.min(most, part.rows - row);
      boolean reused = Math.min(rows, part.columns) >= MANY;
      for (int fromK = 0; fromK < k; fromK += format.depth()) {
        int depth = Math.min(format.depth(), k - fromK);
        Matrix from = a.matrix(part.batch);
        Block.Left left =
            format.left(from, part.row + row, rows, fromK, depth, reused, scratch, SLOT_A);
        for (int p = 0; p < Panels.count(part.columns); p++) {
          int columns = Math.min(Panels.WIDTH, part.columns - p * Panels.WIDTH);
          long offset = 4L * p * Panels.WIDTH;
          long step = Panels.step(columns);
          long panel = panels + offset * format.steps(k) + step * format.steps(fromK);
          if (inPlace && columns == Panels.WIDTH) {
            step = b.first.rowBytes();
            panel = b.at(part.batch) + step * fromK + 4L * part.column + offset;
          } else if (inPlace) {
            panel = scratch.floats(SLOT_B, Panels.floats(columns, depth));
            int column = part.column + p * Panels.WIDTH;
            packPanel(b.matrix(part.batch), fromK, depth, column, column + columns, panel, scratch);
          }
          format.strip(
              rows,
              columns,
              depth,
              left,
              panel,
              step,
              output(part) + 4L * row * n + offset,
              4L * n,
              (float) product.scale(),
              product.accumulate() || fromK > 0,
              scratch.tile());
        }
      }
    }
  }

  /**
   * Few rows use a panel only once, so each is packed into the memory of the one before, which is
   * still in cache. Sums have the order of {@link #multiply}: the bits of a row do not depend on
   * the number of rows.
   */
  private void multiplyFew(Part part, Scratch scratch) {
    Matrix left = a.matrix(part.batch);
    Matrix right = b.matrix(part.batch);
    int end = part.column + part.columns;
    for (int column = part.column; column < end; column += Panels.WIDTH) {
      int columns = Math.min(Panels.WIDTH, end - column);
      long step = Panels.step(columns);
      long panel = scratch.floats(SLOT_B, Panels.floats(columns, format.steps(k)));
      packPanel(right, 0, k, column, end, panel, scratch);
      for (int fromK = 0; fromK < k; fromK += format.depth()) {
        int depth = Math.min(format.depth(), k - fromK);
        format.strip(
            part.rows,
            columns,
            depth,
            format.left(left, part.row, part.rows, fromK, depth, false, scratch, SLOT_A),
            panel + step * format.steps(fromK),
            step,
            output(part) + 4L * (column - part.column),
            4L * n,
            (float) product.scale(),
            product.accumulate() || fromK > 0,
            scratch.tile());
      }
    }
  }

  /**
   * A part size, rounded up to {@code multiple}, that splits {@code size} about evenly into parts
   * of at most {@code most}.
   */
  private static int evenly(int size, int most, int multiple) {
    int parts = (size + most - 1) / most;
    int each = (size + parts - 1) / parts;
    return (each + multiple - 1) / multiple * multiple;
  }

  /** Whether B is read in place: for so few rows, packing would be most of the work. */
  private boolean inPlace() {
    return m <= FEW && !b.first.transposed() && b.first.dtype() == DType.F32;
  }

  private void clear(Part part) {
    for (int r = 0; r < part.rows && !product.accumulate(); r++) {
      RowLoops.fill(output(part) + 4L * n * r, 0, part.columns);
    }
  }

  /** Packs all of K of a task's columns. */
  private long packColumns(Part part, Scratch scratch) {
    int steps = format.steps(k);
    long to = scratch.floats(SLOT_B, Panels.floats(part.columns, steps));
    int end = part.column + part.columns;
    Matrix from = b.matrix(part.batch);
    for (int p = 0; p < Panels.count(part.columns); p++) {
      int column = part.column + p * Panels.WIDTH;
      packPanel(from, 0, k, column, end, to + 4L * p * Panels.WIDTH * steps, scratch);
    }
    return to;
  }

  private void finish(Part part, long biasFloats, Scratch scratch) {
    UnaryOp activation = product.activation();
    if (biasFloats == 0 && activation == null) {
      return;
    }
    for (int r = 0; r < part.rows; r++) {
      long at = output(part) + 4L * n * r;
      if (biasFloats != 0) {
        RowLoops.add(biasFloats + 4L * part.column, at, part.columns);
      }
      if (activation != null) {
        UnaryRows.value(activation, 0, 0, at, at, part.columns, scratch);
      }
    }
  }
}
