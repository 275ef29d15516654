package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * One matrix product, cut into tasks by shape alone.
 *
 * <p>A task is a block of rows and columns of the output with all of K. It walks K in steps of
 * {@link #DEPTH}, for which a panel of B stays in the nearest cache, and adds each step's product
 * to the output: the order of additions for one element is the same however the rest is cut. Where
 * B is small or many tasks need it, it is packed once for all; otherwise each task packs its own
 * columns.
 */
final class Gemm {

  /**
   * An operand.
   *
   * @param transposed whether it is stored with its axes exchanged
   * @param ld elements between stored rows
   * @param batchStride elements between the matrices of a batch
   */
  record Matrix(long address, DType dtype, boolean transposed, long ld, long batchStride) {
    long at(int batch) {
      return address + dtype.bytes() * batchStride * batch;
    }
  }

  private static final int DEPTH = 256;

  /** Columns of a task that packs B itself: with {@link #DEPTH} rows they fit the second cache. */
  private static final int COLUMNS = 256;

  /** A task's multiply-adds, about: some tens of microseconds. */
  private static final long TASK_WORK = 2_000_000;

  /** Floats of B up to which it is packed once for all tasks. */
  private static final long SHARED_FLOATS = 1 << 19;

  private static final int SLOT_TILE = 0;
  private static final int SLOT_A = 1;
  private static final int SLOT_B = 2;
  private static final int SHARED_B = 0;
  private static final int SHARED_BIAS = 1;

  private final Workers workers;
  private final Scratch shared;
  private final int batches;
  private final int m;
  private final int n;
  private final int k;
  private final Matrix a;
  private final Matrix b;
  private final @Nullable Matrix bias;
  private final Product product;
  private final long out;

  Gemm(
      Workers workers,
      Scratch shared,
      int batches,
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      @Nullable Matrix bias,
      Product product,
      long out) {
    this.workers = workers;
    this.shared = shared;
    this.batches = batches;
    this.m = m;
    this.n = n;
    this.k = k;
    this.a = a;
    this.b = b;
    this.bias = bias;
    this.product = product;
    this.out = out;
  }

  void run() {
    boolean oneB = b.batchStride() == 0;
    boolean packOnce = oneB && Panels.floats(n, k) <= SHARED_FLOATS;
    long packed = 0;
    if (packOnce) {
      packed = packShared();
    }
    int columns = packOnce ? n : Math.min(n, COLUMNS);
    long rowWork = (long) columns * Math.max(1, k);
    int rows = packOnce ? (int) Math.max(1, Math.min(m, TASK_WORK / rowWork)) : m;
    rows = Math.min(m, (rows + Block.ROWS - 1) / Block.ROWS * Block.ROWS);
    if (!packOnce) {
      rows = Math.min(m, 2048);
    }
    int rowTasks = (m + rows - 1) / rows;
    int columnTasks = (n + columns - 1) / columns;
    long sharedB = packed;
    long biasFloats = biasFloats();
    int taskRows = rows;
    workers.run(
        Math.toIntExact((long) batches * rowTasks * columnTasks),
        (long) batches * m * n * Math.max(1, k) / 16,
        (index, scratch) -> {
          int columnTask = index % columnTasks;
          int rest = index / columnTasks;
          int row = rest % rowTasks * taskRows;
          int column = columnTask * columns;
          task(
              scratch,
              rest / rowTasks,
              row,
              Math.min(taskRows, m - row),
              column,
              Math.min(columns, n - column),
              sharedB,
              biasFloats);
        });
  }

  /** Packs all of B, a task per panel. */
  private long packShared() {
    long to = shared.floats(SHARED_B, Panels.floats(n, k));
    workers.run(
        Panels.count(n),
        (long) n * k,
        (panel, scratch) -> {
          int column = panel * Panels.WIDTH;
          packPanel(b.at(0), 0, k, column, n, to + 4L * column * k);
        });
    return to;
  }

  private void packPanel(long from, int fromK, int depth, int column, int end, long to) {
    int columns = Math.min(Panels.WIDTH, end - column);
    Panels.pack(b.dtype(), b.transposed(), from, b.ld(), fromK, depth, column, columns, to);
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

  private void task(
      Scratch scratch,
      int batch,
      int row,
      int rows,
      int column,
      int columns,
      long sharedB,
      long biasFloats) {
    long c = out + 4L * (((long) batch * m + row) * n + column);
    long rowC = 4L * n;
    long tile = scratch.floats(SLOT_TILE, Block.TILE_FLOATS);
    boolean add = product.accumulate();
    float scale = (float) product.scale();
    for (int fromK = 0; fromK < k; fromK += DEPTH) {
      int depth = Math.min(DEPTH, k - fromK);
      long panels;
      long panelBytes;
      if (sharedB != 0) {
        panels = sharedB;
        panelBytes = 4L * Panels.WIDTH * k;
      } else {
        panels = scratch.floats(SLOT_B, Panels.floats(columns, depth));
        panelBytes = 4L * Panels.WIDTH * depth;
        for (int p = 0; p < Panels.count(columns); p++) {
          int first = column + p * Panels.WIDTH;
          packPanel(b.at(batch), fromK, depth, first, column + columns, panels + p * panelBytes);
        }
      }
      multiply(
          scratch,
          batch,
          row,
          rows,
          columns,
          fromK,
          depth,
          panels,
          panelBytes,
          sharedB != 0,
          c,
          rowC,
          scale,
          add,
          tile);
      add = true;
    }
    if (k == 0 && !add) {
      for (int r = 0; r < rows; r++) {
        Rows.fill(c + r * rowC, 0, columns);
      }
    }
    finish(c, rowC, rows, column, columns, biasFloats);
  }

  private void multiply(
      Scratch scratch,
      int batch,
      int row,
      int rows,
      int columns,
      int fromK,
      int depth,
      long panels,
      long panelBytes,
      boolean wholeK,
      long c,
      long rowC,
      float scale,
      boolean add,
      long tile) {
    long from;
    long rowA;
    long stepA;
    int size = a.dtype().bytes();
    if (a.dtype() == DType.F32) {
      rowA = a.transposed() ? 4 : 4 * a.ld();
      stepA = a.transposed() ? 4 * a.ld() : 4;
      from = a.at(batch) + row * rowA + fromK * stepA;
    } else {
      from = scratch.floats(SLOT_A, (long) rows * depth);
      if (a.transposed()) {
        rowA = 4;
        stepA = 4L * rows;
        for (int i = 0; i < depth; i++) {
          long at = a.at(batch) + size * ((fromK + i) * a.ld() + row);
          Lanes.widen(a.dtype(), at, from + i * stepA, rows);
        }
      } else {
        rowA = 4L * depth;
        stepA = 4;
        for (int r = 0; r < rows; r++) {
          long at = a.at(batch) + size * ((row + r) * a.ld() + fromK);
          Lanes.widen(a.dtype(), at, from + r * rowA, depth);
        }
      }
    }
    for (int p = 0; p < Panels.count(columns); p++) {
      int width = Panels.stored(p, columns);
      long offset = wholeK ? 4L * width * fromK : 0;
      int here = Math.min(Panels.WIDTH, columns - p * Panels.WIDTH);
      Block.multiply(
          rows,
          here,
          depth,
          from,
          rowA,
          stepA,
          panels + p * panelBytes + offset,
          0,
          c + 4L * p * Panels.WIDTH,
          rowC,
          scale,
          add,
          tile);
    }
  }

  private void finish(long c, long rowC, int rows, int column, int columns, long biasFloats) {
    UnaryOp activation = product.activation();
    if (biasFloats == 0 && activation == null) {
      return;
    }
    for (int r = 0; r < rows; r++) {
      long at = c + r * rowC;
      if (biasFloats != 0) {
        Rows.add(biasFloats + 4L * column, at, columns);
      }
      if (activation != null) {
        UnaryLoops.run(activation, 0, 0, at, at, columns);
      }
    }
  }
}
