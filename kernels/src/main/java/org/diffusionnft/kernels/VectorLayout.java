package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.LayoutKernels;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Strides;
import org.diffusionnft.tensor.Tensor;

/** Kernels that move elements, row by row. */
final class VectorLayout implements LayoutKernels {
  private static final int ELEMENTS_PER_TASK = 16384;
  private final Workers workers;
  private final Fallback fallback;

  VectorLayout(Workers workers, Fallback fallback) {
    this.workers = workers;
    this.fallback = fallback;
  }

  /** What is done for one row. */
  private interface Row {
    void run(long row);
  }

  private void byRows(long rows, long length, Row action) {
    long perTask = Math.max(1, ELEMENTS_PER_TASK / Math.max(1, length));
    workers.run(
        Math.toIntExact((rows + perTask - 1) / perTask),
        rows * length,
        (index, scratch) -> {
          long end = Math.min(rows, (index + 1) * perTask);
          for (long row = index * perTask; row < end; row++) {
            action.run(row);
          }
        });
  }

  /** Runs an action for each row of a strided copy, with its axes merged where possible. */
  private void strided(
      int size, Shape walk, long from, long[] stridesFrom, long to, long[] stridesTo) {
    StridedCopy copy = StridedCopy.of(size, walk, from, stridesFrom, to, stridesTo);
    byRows(copy.rows(), copy.length(), copy::row);
  }

  /** Whether {@link StridedCopy} can move these. */
  private static boolean movable(Tensor x, Tensor out) {
    int size = x.dtype().bytes();
    return x.dtype() == out.dtype() && (size == 2 || size == 4);
  }

  @Override
  public void permute(Tensor x, int[] dims, Tensor out) {
    int size = x.dtype().bytes();
    if (!movable(x, out)) {
      fallback.reference("permute", x, out).layout().permute(x, dims, out);
      return;
    }
    long[] own = x.shape().strides();
    long[] strides = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      strides[i] = own[x.shape().axis(dims[i])];
    }
    strided(size, out.shape(), address(x), strides, address(out), out.shape().strides());
  }

  @Override
  public void slice(Tensor x, long[] starts, long[] steps, Tensor out) {
    int size = x.dtype().bytes();
    if (!movable(x, out)) {
      fallback.reference("slice", x, out).layout().slice(x, starts, steps, out);
      return;
    }
    long[] strides = x.shape().strides();
    long first = firstAndSteps(strides, starts, steps);
    strided(
        size, out.shape(), address(x) + size * first, strides, address(out), out.shape().strides());
  }

  @Override
  public void place(Tensor x, long[] starts, long[] steps, Tensor out) {
    int size = x.dtype().bytes();
    if (!movable(x, out)) {
      fallback.reference("place", x, out).layout().place(x, starts, steps, out);
      return;
    }
    long[] strides = out.shape().strides();
    long first = firstAndSteps(strides, starts, steps);
    strided(size, x.shape(), address(x), x.shape().strides(), address(out) + size * first, strides);
  }

  @Override
  public void expand(Tensor x, Tensor out) {
    int size = x.dtype().bytes();
    if (!movable(x, out)) {
      fallback.reference("expand", x, out).layout().expand(x, out);
      return;
    }
    long[] strides = Strides.broadcast(x.shape(), out.shape());
    strided(size, out.shape(), address(x), strides, address(out), out.shape().strides());
  }

  @Override
  public void gather(Tensor table, Tensor ids, Tensor out) {
    if (!Operands.allWidenable(table) || out.dtype() != DType.F32 || ids.dtype() != DType.I64) {
      fallback.reference("gather", table, ids, out).layout().gather(table, ids, out);
      return;
    }
    long c = table.dim(1);
    long from = address(table);
    long id = address(ids);
    long to = address(out);
    requireIds(id, ids.elements(), table.dim(0));
    byRows(
        ids.elements(),
        c,
        row ->
            Lanes.widen(
                table.dtype(),
                from + table.dtype().bytes() * c * Lanes.getLong(id + 8 * row),
                to + 4 * c * row,
                (int) c));
  }

  @Override
  public void scatterAdd(Tensor x, Tensor ids, Tensor out) {
    if (!Operands.allFloat(x, out) || ids.dtype() != DType.I64) {
      fallback.reference("scatterAdd", x, ids, out).layout().scatterAdd(x, ids, out);
      return;
    }
    long c = out.dim(1);
    long from = address(x);
    long id = address(ids);
    long to = address(out);
    requireIds(id, ids.elements(), out.dim(0));
    // Tasks own columns, so that rows with the same target are added in order.
    int columns = 64;
    workers.run(
        Math.toIntExact((c + columns - 1) / columns),
        x.elements(),
        (index, scratch) -> {
          long first = (long) index * columns;
          int count = (int) Math.min(columns, c - first);
          for (long i = 0; i < ids.elements(); i++) {
            long target = to + 4 * (c * Lanes.getLong(id + 8 * i) + first);
            RowLoops.add(from + 4 * (c * i + first), target, count);
          }
        });
  }

  private static void requireIds(long ids, long count, long entries) {
    for (long i = 0; i < count; i++) {
      long id = Lanes.getLong(ids + 8 * i);
      if (id < 0 || id >= entries) {
        throw new IllegalArgumentException(
            "id " + id + " is outside a table of " + entries + " rows");
      }
    }
  }

  @Override
  public void im2col(Tensor x, Window window, Tensor out) {
    if (!Operands.allFloat(x, out)) {
      fallback.reference("im2col", x, out).layout().im2col(x, window, out);
      return;
    }
    Windows windows = new Windows(x.shape(), window);
    long from = address(x);
    long to = address(out);
    byRows(
        x.dim(0) * x.dim(1) * windows.cells(),
        windows.area(),
        row -> windows.unfold(from, row, to));
  }

  @Override
  public void col2im(Tensor columns, Window window, Tensor out) {
    if (!Operands.allFloat(columns, out)) {
      fallback.reference("col2im", columns, out).layout().col2im(columns, window, out);
      return;
    }
    Windows windows = new Windows(out.shape(), window);
    long from = address(columns);
    long to = address(out);
    byRows(
        out.dim(0) * out.dim(1),
        windows.area() * windows.cells(),
        plane -> windows.fold(from, plane, to));
  }

  /** Multiplies the steps into the strides and returns the index of the first element. */
  private static long firstAndSteps(long[] strides, long[] starts, long[] steps) {
    long first = 0;
    for (int i = 0; i < strides.length; i++) {
      first += starts[i] * strides[i];
      strides[i] *= steps[i];
    }
    return first;
  }
}
