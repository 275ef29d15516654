package org.diffusionnft.tensor;

/** Index arithmetic for broadcasting. */
public final class Strides {
  private Strides() {}

  /**
   * Strides that read a tensor of shape {@code from} as if it had shape {@code to}: 0 along
   * stretched axes. One entry per axis of {@code to}.
   */
  public static long[] broadcast(Shape from, Shape to) {
    long[] own = from.strides();
    long[] strides = new long[to.rank()];
    int extra = to.rank() - from.rank();
    for (int i = Math.max(0, extra); i < to.rank(); i++) {
      strides[i] = from.dim(i - extra) == 1 ? 0 : own[i - extra];
    }
    return strides;
  }

  /**
   * The index, under other strides, of element {@code i} of a row-major tensor of {@code shape}.
   */
  public static long index(long i, Shape shape, long[] strides) {
    long index = 0;
    long rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      long size = shape.dim(axis);
      index += rest % size * strides[axis];
      rest /= size;
    }
    return index;
  }
}
