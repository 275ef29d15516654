package org.diffusionnft.onnx.value;

import org.diffusionnft.tensor.Shape;

/** Indices of elements in row-major arrays. */
public final class Strided {
  private Strided() {}

  /**
   * The indices visited by a strided walk over a shape.
   *
   * @param shape the shape of the walk, the last axis fastest
   * @param strides index distance of neighbours along each axis; 0 repeats, negative goes backwards
   * @param offset start index
   */
  public static int[] places(Shape shape, long[] strides, long offset) {
    int[] out = new int[Math.toIntExact(shape.elements())];
    if (out.length == 0) {
      return out;
    }
    int rank = shape.rank();
    if (rank == 0) {
      out[0] = (int) offset;
      return out;
    }
    long[] at = new long[rank];
    int inner = (int) shape.dim(rank - 1);
    int step = (int) strides[rank - 1];
    int place = (int) offset;
    for (int i = 0; i < out.length; i += inner) {
      int p = place;
      for (int j = 0; j < inner; j++, p += step) {
        out[i + j] = p;
      }
      for (int axis = rank - 2; axis >= 0; axis--) {
        place += (int) strides[axis];
        if (++at[axis] < shape.dim(axis)) {
          break;
        }
        place -= (int) (strides[axis] * shape.dim(axis));
        at[axis] = 0;
      }
    }
    return out;
  }

  /** The source index of each element of a broadcast result. */
  public static int[] broadcast(Shape from, Shape to) {
    long[] own = from.strides();
    long[] strides = new long[to.rank()];
    int lead = to.rank() - from.rank();
    for (int i = 0; i < from.rank(); i++) {
      strides[lead + i] = from.dim(i) == 1 ? 0 : own[i];
    }
    return places(to, strides, 0);
  }

  /** The product of the dimensions from one axis up to another. */
  public static int product(Shape shape, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= shape.dim(i);
    }
    return Math.toIntExact(product);
  }

  /** A shape without an axis. */
  public static Shape without(Shape shape, int axis) {
    long[] dims = new long[shape.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i < axis ? i : i + 1);
    }
    return Shape.of(dims);
  }

  /** A shape with an axis inserted. */
  public static Shape inserted(Shape shape, int axis, long size) {
    long[] dims = new long[shape.rank() + 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i == axis ? size : shape.dim(i < axis ? i : i - 1);
    }
    return Shape.of(dims);
  }
}
