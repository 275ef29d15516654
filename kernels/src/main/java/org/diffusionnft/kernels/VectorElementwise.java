package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Operands.address;
import static org.diffusionnft.kernels.Operands.allFloat;

import java.util.Arrays;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ElementwiseKernels;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/** Elementwise kernels: vector loops over chunks of a fixed number of elements. */
final class VectorElementwise implements ElementwiseKernels {
  private static final int CHUNK = 8192;
  private final Workers workers;
  private final Fallback fallback;

  VectorElementwise(Workers workers, Fallback fallback) {
    this.workers = workers;
    this.fallback = fallback;
  }

  /** A share of the elements. */
  private interface Chunk {
    void run(long start, int count, Scratch scratch);
  }

  private void chunked(long elements, int costPerElement, Chunk chunk) {
    int chunks = Math.toIntExact((elements + CHUNK - 1) / CHUNK);
    workers.run(
        chunks,
        elements * costPerElement,
        (index, scratch) -> {
          long start = (long) index * CHUNK;
          chunk.run(start, (int) Math.min(CHUNK, elements - start), scratch);
        });
  }

  @Override
  public void fill(Tensor out, double value) {
    if (out.dtype() != DType.F32) {
      fallback.reference("fill", out).elementwise().fill(out, value);
      return;
    }
    long to = address(out);
    float v = (float) value;
    chunked(out.elements(), 1, (start, count, scratch) -> RowLoops.fill(to + 4 * start, v, count));
  }

  @Override
  public void convert(Tensor x, Tensor out) {
    long from = address(x);
    long to = address(out);
    int sizeX = x.dtype().bytes();
    int sizeOut = out.dtype().bytes();
    if (x.dtype() == out.dtype()) {
      chunked(
          x.elements(),
          1,
          (start, count, scratch) ->
              Lanes.copy(from + sizeX * start, to + sizeX * start, (long) sizeX * count));
    } else if (out.dtype() == DType.F32 && Operands.allWidenable(x)) {
      chunked(
          x.elements(),
          1,
          (start, count, scratch) ->
              Lanes.widen(x.dtype(), from + sizeX * start, to + 4 * start, count));
    } else if (x.dtype() == DType.F32 && Operands.allWidenable(out)) {
      chunked(
          x.elements(),
          2,
          (start, count, scratch) ->
              Rows.narrow(out.dtype(), from + 4 * start, to + sizeOut * start, count));
    } else {
      fallback.reference("convert", x, out).elementwise().convert(x, out);
    }
  }

  /** Work per element: that of a few products, or of an exponential. */
  private static int cost(UnaryOp op) {
    return switch (op) {
      case AFFINE, POW, CLAMP -> 1;
      default -> 4;
    };
  }

  @Override
  public void unary(UnaryOp op, double a, double b, Tensor x, Tensor out) {
    if (!allFloat(x, out)) {
      fallback.reference("unary", x, out).elementwise().unary(op, a, b, x, out);
      return;
    }
    long from = address(x);
    long to = address(out);
    chunked(
        x.elements(),
        cost(op),
        (start, count, scratch) ->
            UnaryRows.value(op, a, b, from + 4 * start, to + 4 * start, count, scratch));
  }

  @Override
  public void unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut, Tensor gradX) {
    if (!allFloat(x, gradOut, gradX)) {
      fallback
          .reference("unaryGrad", x, gradOut, gradX)
          .elementwise()
          .unaryGrad(op, a, b, x, gradOut, gradX);
      return;
    }
    long from = address(x);
    long grad = address(gradOut);
    long to = address(gradX);
    chunked(
        x.elements(),
        cost(op),
        (start, count, scratch) ->
            UnaryRows.gradient(
                op, a, b, from + 4 * start, grad + 4 * start, to + 4 * start, count, scratch));
  }

  @Override
  public void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
    if (!allFloat(x, y, out)) {
      fallback.reference("binary", x, y, out).elementwise().binary(op, x, y, out);
      return;
    }
    Broadcast walk = Broadcast.of(x.shape(), y.shape(), out.shape());
    long p = address(x);
    long q = address(y);
    long to = address(out);
    int n = walk.rowLength();
    int stepP = walk.stepX();
    int stepQ = walk.stepY();
    if (walk.rows() == 1) {
      chunkedRow(op, p, stepP, q, stepQ, to, walk.longRowLength());
      return;
    }
    int rowsPerTask = Math.max(1, CHUNK / n);
    int tasks = Math.toIntExact((walk.rows() + rowsPerTask - 1) / rowsPerTask);
    workers.run(
        tasks,
        out.elements(),
        (index, scratch) -> {
          long first = (long) index * rowsPerTask;
          long end = Math.min(walk.rows(), first + rowsPerTask);
          for (long row = first; row < end; row++) {
            BinaryLoops.run(
                op,
                p + 4 * walk.rowX(row),
                stepP,
                q + 4 * walk.rowY(row),
                stepQ,
                to + 4 * row * n,
                n);
          }
        });
  }

  private void chunkedRow(
      BinaryOp op, long p, int stepP, long q, int stepQ, long to, long elements) {
    chunked(
        elements,
        1,
        (start, count, scratch) ->
            BinaryLoops.run(
                op,
                p + 4 * start * stepP,
                stepP,
                q + 4 * start * stepQ,
                stepQ,
                to + 4 * start,
                count));
  }

  @Override
  public void select(Tensor condition, Tensor x, Tensor y, Tensor out) {
    if (!allFloat(condition, x, y, out)) {
      fallback.reference("select", condition, x, y, out).elementwise().select(condition, x, y, out);
      return;
    }
    long c = address(condition);
    long p = address(x);
    long q = address(y);
    long to = address(out);
    chunked(
        out.elements(),
        1,
        (start, count, scratch) -> {
          for (int i = 0; i < count; i += Lanes.LANES) {
            VectorMask<Float> inside = FIRST[Math.min(Lanes.LANES, count - i)];
            long at = 4 * (start + i);
            fromMemorySegment(FLOATS, ALL, q + at, ORDER, inside)
                .blend(
                    fromMemorySegment(FLOATS, ALL, p + at, ORDER, inside),
                    fromMemorySegment(FLOATS, ALL, c + at, ORDER, inside)
                        .compare(VectorOperators.NE, 0))
                .intoMemorySegment(ALL, to + at, ORDER, inside);
          }
        });
  }

  @Override
  public void gatedAdd(Tensor residual, Tensor gate, Tensor x, Tensor out) {
    if (!allFloat(residual, gate, x, out)) {
      fallback
          .reference("gatedAdd", residual, gate, x, out)
          .elementwise()
          .gatedAdd(residual, gate, x, out);
      return;
    }
    long r = address(residual);
    long g = address(gate);
    long v = address(x);
    long to = address(out);
    int tokens = x.shape().intDim(1);
    int c = x.shape().intDim(2);
    int rowsPerTask = Math.max(1, CHUNK / Math.max(1, c));
    long rows = x.dim(0) * tokens;
    workers.run(
        Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask),
        out.elements(),
        (index, scratch) -> {
          long first = (long) index * rowsPerTask;
          long end = Math.min(rows, first + rowsPerTask);
          for (long row = first; row < end; row++) {
            long at = 4 * row * c;
            RowLoops.gatedAdd(r + at, g + 4 * (row / tokens) * c, v + at, to + at, c);
          }
        });
  }

  /**
   * How two operands are traversed along the rows of a broadcast result: as many trailing axes as
   * possible are merged into the row; the others are iterated.
   */
  record Broadcast(
      long rows,
      long longRowLength,
      int stepX,
      int stepY,
      long[] outer,
      long[] strideX,
      long[] strideY) {

    static Broadcast of(Shape x, Shape y, Shape out) {
      long[] sx = org.diffusionnft.tensor.Strides.broadcast(x, out);
      long[] sy = org.diffusionnft.tensor.Strides.broadcast(y, out);
      int axis = out.rank() - 1;
      long length = 1;
      int stepX = -1;
      int stepY = -1;
      for (; axis >= 0; axis--) {
        long d = out.dim(axis);
        if (d == 1) {
          continue;
        }
        int nowX = sx[axis] == 0 ? 0 : 1;
        int nowY = sy[axis] == 0 ? 0 : 1;
        if (stepX >= 0 && (nowX != stepX || nowY != stepY)) {
          break;
        }
        stepX = nowX;
        stepY = nowY;
        length *= d;
      }
      long[] outer = Arrays.copyOf(out.dims(), axis + 1);
      return new Broadcast(
          Shape.of(outer).elements(),
          length,
          Math.max(0, stepX),
          Math.max(0, stepY),
          outer,
          sx,
          sy);
    }

    int rowLength() {
      return rows == 1
          ? (int) Math.min(Integer.MAX_VALUE, longRowLength)
          : Math.toIntExact(longRowLength);
    }

    long rowX(long row) {
      return start(row, strideX);
    }

    long rowY(long row) {
      return start(row, strideY);
    }

    private long start(long row, long[] strides) {
      long at = 0;
      long rest = row;
      for (int i = outer.length - 1; i >= 0; i--) {
        at += rest % outer[i] * strides[i];
        rest /= outer[i];
      }
      return at;
    }
  }
}
