package org.diffusionnft.tensor;

import java.util.Arrays;
import org.diffusionnft.tensor.LayoutKernels.Window;

/** Operations that only move elements. */
public final class Layout {
  private Layout() {}

  /** Reorders the axes: axis {@code i} of the result is axis {@code dims[i]} of {@code x}. */
  public static Tensor permute(Tensor x, int... dims) {
    long[] shape = new long[dims.length];
    boolean[] seen = new boolean[x.shape().rank()];
    for (int i = 0; i < dims.length; i++) {
      int axis = x.shape().axis(dims[i]);
      if (dims.length != seen.length || seen[axis]) {
        throw new IllegalArgumentException(
            Arrays.toString(dims) + " is not a permutation of the axes of " + x.shape());
      }
      seen[axis] = true;
      shape[i] = x.dim(axis);
    }
    Tensor out = x.device().allocate(x.dtype(), Shape.of(shape));
    x.device().layout().permute(x, dims, out);
    return out;
  }

  /** Entries {@code start} to {@code end} (exclusive) of an axis, every {@code step}-th. */
  public static Tensor slice(Tensor x, int axis, long start, long end, long step) {
    int a = x.shape().axis(axis);
    if (start < 0 || end > x.dim(a) || start > end || step < 1) {
      throw new IllegalArgumentException(
          "cannot slice " + start + " to " + end + " of axis " + a + " of shape " + x.shape());
    }
    Tensor out = x.device().allocate(x.dtype(), x.shape().with(a, (end - start + step - 1) / step));
    x.device().layout().slice(x, at(x, a, start, 0), at(x, a, step, 1), out);
    return out;
  }

  /** The transpose of {@link #slice}: zeros of shape {@code shape} with {@code x} put back. */
  public static Tensor unslice(Tensor x, Shape shape, int axis, long start, long step) {
    int a = shape.axis(axis);
    Tensor out = Tensor.zeros(x.device(), x.dtype(), shape);
    x.device().layout().place(x, at(x, a, start, 0), at(x, a, step, 1), out);
    return out;
  }

  /** Joins tensors along an axis. */
  public static Tensor concat(int axis, Tensor... parts) {
    Tensor first = parts[0];
    Device device = Operands.common(first, parts);
    int a = first.shape().axis(axis);
    long size = 0;
    for (Tensor part : parts) {
      if (!part.shape().with(a, 0).equals(first.shape().with(a, 0))) {
        throw new IllegalArgumentException(
            "cannot join shapes " + first.shape() + " and " + part.shape() + " along axis " + a);
      }
      size += part.dim(a);
    }
    Tensor out = device.allocate(first.dtype(), first.shape().with(a, size));
    long start = 0;
    for (Tensor part : parts) {
      device.layout().place(part, at(part, a, start, 0), at(part, a, 1, 1), out);
      start += part.dim(a);
    }
    return out;
  }

  /** Stretches size-1 axes to {@code shape}, by NumPy's rules, copying. */
  public static Tensor expand(Tensor x, Shape shape) {
    if (!Shape.broadcast(x.shape(), shape).equals(shape)) {
      throw new IllegalArgumentException("cannot expand " + x.shape() + " to " + shape);
    }
    Tensor out = x.device().allocate(x.dtype(), shape);
    x.device().layout().expand(x, out);
    return out;
  }

  /** Rows of {@code table} {@code [V, C]} by I64 {@code ids}; F32 {@code [ids.., C]}. */
  public static Tensor gather(Tensor table, Tensor ids) {
    Device device = Operands.common(table, ids);
    Tensor out = device.allocate(DType.arithmetic(table), ids.shape().withTail(0, table.dim(1)));
    device.layout().gather(table, ids, out);
    return out;
  }

  /** The transpose of {@link #gather}: zeros {@code [V, C]} with every row of {@code x} added. */
  public static Tensor scatterAdd(Tensor x, Tensor ids, long entries) {
    Device device = Operands.common(x, ids);
    Tensor out = Tensor.zeros(device, x.dtype(), Shape.of(entries, x.dim(-1)));
    device.layout().scatterAdd(x, ids, out);
    return out;
  }

  /** Unfolds {@code [N, C, H, W]} to {@code [N, C*KH*KW, OH*OW]}. */
  public static Tensor im2col(Tensor x, Window window) {
    long rows = x.dim(1) * window.kernelHeight() * window.kernelWidth();
    long columns = window.outHeight(x.dim(2)) * window.outWidth(x.dim(3));
    Tensor out = x.device().allocate(x.dtype(), Shape.of(x.dim(0), rows, columns));
    x.device().layout().im2col(x, window, out);
    return out;
  }

  /**
   * The transpose of {@link #im2col}: {@code [N, C*KH*KW, OH*OW]} added into zeros of {@code
   * shape}.
   */
  public static Tensor col2im(Tensor columns, Window window, Shape shape) {
    Tensor out = columns.device().allocate(columns.dtype(), shape);
    columns.device().layout().col2im(columns, window, out);
    return out;
  }

  private static long[] at(Tensor x, int axis, long value, long others) {
    long[] all = new long[x.shape().rank()];
    Arrays.fill(all, others);
    all[axis] = value;
    return all;
  }
}
