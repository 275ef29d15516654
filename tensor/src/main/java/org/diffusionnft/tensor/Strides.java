package org.diffusionnft.tensor;

/** Index arithmetic of broadcasting. */
public final class Strides {
  private Strides() {}

  /**
   * Strides with which a tensor of shape {@code from} is read as if it had shape {@code to}: 0
   * along the axes that are stretched. One entry per axis of {@code to}.
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

  /** Where element {@code i} of a row-major tensor of {@code shape} lies under other strides. */
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
