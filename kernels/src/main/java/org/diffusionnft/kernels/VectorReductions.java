package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.ReductionKernels;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Reductions. Neighbouring axes that are both reduced or both kept are merged first; what remains
 * is reductions along rows ({@code [.., reduced]}) or across rows ({@code [.., kept]}). Long
 * reductions are split into pieces of a fixed size whose results are combined in order.
 */
final class VectorReductions implements ReductionKernels {
  /** Elements of a piece. */
  private static final int PIECE = 16384;

  private final Workers workers;
  private final Fallback fallback;

  VectorReductions(Workers workers, Fallback fallback) {
    this.workers = workers;
    this.fallback = fallback;
  }

  @Override
  public void reduce(ReduceOp op, Tensor x, boolean[] axes, Tensor out) {
    if (!Operands.allFloat(x, out) || x.elements() == 0) {
      fallback.reference("reduce", x, out).reductions().reduce(op, x, axes, out);
      return;
    }
    Walk walk = Walk.of(x.shape(), axes);
    if (walk.innerReduced) {
      alongRows(op, address(x), walk, address(out));
    } else {
      acrossRows(op, address(x), walk, address(out));
    }
  }

  /** The last merged axis is reduced: every row yields one number. */
  private void alongRows(ReduceOp op, long x, Walk walk, long out) {
    long length = walk.inner;
    int pieces = Math.toIntExact((length + PIECE - 1) / PIECE);
    long rows = walk.reducedOuter;
    int perTask = (int) Math.max(1, PIECE / (length * rows));
    int tasks = Math.toIntExact((walk.kept + perTask - 1) / perTask);
    double[][] partial = new double[pieces > 1 ? Math.toIntExact(walk.kept) : 0][pieces];
    workers.run(
        pieces > 1 ? Math.toIntExact(walk.kept * pieces) : tasks,
        walk.kept * rows * length,
        (index, scratch) -> {
          if (pieces > 1) {
            int at = index / pieces;
            int piece = index % pieces;
            long start = (long) piece * PIECE;
            int count = (int) Math.min(PIECE, length - start);
            partial[at][piece] = rowsOf(op, x + 4 * start, walk, at, count);
            return;
          }
          long end = Math.min(walk.kept, (long) (index + 1) * perTask);
          for (long at = (long) index * perTask; at < end; at++) {
            Lanes.set(out + 4 * at, (float) rowsOf(op, x, walk, at, (int) length));
          }
        });
    for (int at = 0; at < partial.length; at++) {
      double value = partial[at][0];
      for (int i = 1; i < pieces; i++) {
        value = combine(op, value, partial[at][i]);
      }
      Lanes.set(out + 4L * at, (float) value);
    }
  }

  private static double rowsOf(ReduceOp op, long x, Walk walk, long at, int count) {
    long base = walk.keptOffset(at);
    double value = op == ReduceOp.MAX ? Double.NEGATIVE_INFINITY : 0;
    for (long r = 0; r < walk.reducedOuter; r++) {
      long row = x + 4 * (base + walk.reducedOffset(r));
      value =
          combine(
              op,
              value,
              switch (op) {
                case SUM -> Sums.sum(row, count);
                case SUM_OF_SQUARES -> Sums.squares(row, 0, count);
                case MAX -> Sums.max(row, count);
              });
    }
    return value;
  }

  private static double combine(ReduceOp op, double a, double b) {
    return op == ReduceOp.MAX ? Math.max(a, b) : a + b;
  }

  /** The last merged axis is kept: rows are reduced elementwise. */
  private void acrossRows(ReduceOp op, long x, Walk walk, long out) {
    int length = Math.toIntExact(walk.inner);
    int strips = (length + Columns.STRIP - 1) / Columns.STRIP;
    int rowsPerPiece = Math.max(16, PIECE / Math.min(length, Columns.STRIP));
    int pieces = Math.toIntExact((walk.reducedOuter + rowsPerPiece - 1) / rowsPerPiece);
    int outer = Math.toIntExact(walk.kept);
    double[][] partial = new double[pieces > 1 ? outer * pieces : 0][length];
    workers.run(
        outer * pieces * strips,
        walk.kept * walk.reducedOuter * length,
        (index, scratch) -> {
          int strip = index % strips;
          int piece = index / strips % pieces;
          int at = index / strips / pieces;
          int column = strip * Columns.STRIP;
          int columns = Math.min(Columns.STRIP, length - column);
          long first = (long) piece * rowsPerPiece;
          long count = Math.min(rowsPerPiece, walk.reducedOuter - first);
          long base = x + 4 * (walk.keptOffset(at) + column);
          double[] values = new double[Columns.STRIP];
          Columns.reduce(op, base, walk, first, count, columns, values);
          if (pieces > 1) {
            System.arraycopy(values, 0, partial[at * pieces + piece], column, columns);
          } else {
            for (int i = 0; i < columns; i++) {
              Lanes.set(out + 4L * ((long) at * length + column + i), (float) values[i]);
            }
          }
        });
    if (pieces > 1) {
      for (int at = 0; at < outer; at++) {
        double[] first = partial[at * pieces];
        for (int piece = 1; piece < pieces; piece++) {
          double[] next = partial[at * pieces + piece];
          for (int i = 0; i < length; i++) {
            first[i] = combine(op, first[i], next[i]);
          }
        }
        for (int i = 0; i < length; i++) {
          Lanes.set(out + 4L * ((long) at * length + i), (float) first[i]);
        }
      }
    }
  }

  /** A shape with merged axes: the strides of the kept and the reduced ones. */
  static final class Walk {
    final boolean innerReduced;

    /** Length of the last merged axis. */
    final long inner;

    /** Number of kept elements, without the last axis. */
    final long kept;

    /** Number of reduced elements, without the last axis. */
    final long reducedOuter;

    private final long[] keptDims;
    private final long[] keptStrides;
    private final long[] reducedDims;
    private final long[] reducedStrides;

    private Walk(boolean innerReduced, long inner, List<long[]> kept, List<long[]> reduced) {
      this.innerReduced = innerReduced;
      this.inner = inner;
      this.keptDims = kept.stream().mapToLong(d -> d[0]).toArray();
      this.keptStrides = kept.stream().mapToLong(d -> d[1]).toArray();
      this.reducedDims = reduced.stream().mapToLong(d -> d[0]).toArray();
      this.reducedStrides = reduced.stream().mapToLong(d -> d[1]).toArray();
      this.kept = Shape.of(keptDims).elements();
      this.reducedOuter = Shape.of(reducedDims).elements();
    }

    static Walk of(Shape shape, boolean[] axes) {
      long[] strides = shape.strides();
      List<long[]> kept = new ArrayList<>();
      List<long[]> reduced = new ArrayList<>();
      int axis = shape.rank() - 1;
      while (axis >= 0 && shape.dim(axis) == 1) {
        axis--;
      }
      boolean innerReduced = axis >= 0 && axes[axis];
      long inner = 1;
      for (; axis >= 0 && (axes[axis] == innerReduced || shape.dim(axis) == 1); axis--) {
        inner *= shape.dim(axis);
      }
      for (int i = 0; i <= axis; i++) {
        (axes[i] ? reduced : kept).add(new long[] {shape.dim(i), strides[i]});
      }
      return new Walk(innerReduced, inner, kept, reduced);
    }

    long keptOffset(long i) {
      return offset(i, keptDims, keptStrides);
    }

    long reducedOffset(long i) {
      return offset(i, reducedDims, reducedStrides);
    }

    private static long offset(long i, long[] dims, long[] strides) {
      long at = 0;
      long rest = i;
      for (int axis = dims.length - 1; axis > 0; axis--) {
        at += rest % dims[axis] * strides[axis];
        rest /= dims[axis];
      }
      return dims.length == 0 ? 0 : at + rest * strides[0];
    }
  }
}
