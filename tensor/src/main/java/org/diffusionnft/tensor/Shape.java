package org.diffusionnft.tensor;

import java.util.Arrays;

/**
 * The dimensions of a tensor, outermost first. A scalar has rank 0. Immutable.
 *
 * @param dims the sizes, each at least 0; the array is not copied and must not be changed
 */
public record Shape(long[] dims) {

  /**
   * Checks every dimension, and that their product fits into a {@code long}.
   *
   * @throws IllegalArgumentException for a negative dimension or a product that overflows
   */
  public Shape {
    long elements = 1;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + " has a negative dimension");
      }
      if (d != 0 && elements > Long.MAX_VALUE / d) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + " has more than 2^63 elements");
      }
      elements *= d;
    }
  }

  /** The shape with these dimensions. */
  public static Shape of(long... dims) {
    return new Shape(dims);
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Size along {@code axis}; negative axes count from the end. */
  public long dim(int axis) {
    return dims[axis(axis)];
  }

  /** {@link #dim} as an {@code int}. */
  public int intDim(int axis) {
    return Math.toIntExact(dim(axis));
  }

  /**
   * The non-negative index of an axis that may count from the end.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  public int axis(int axis) {
    int a = axis < 0 ? axis + dims.length : axis;
    if (a < 0 || a >= dims.length) {
      throw new IllegalArgumentException("shape " + this + " has no axis " + axis);
    }
    return a;
  }

  /** Product of the dimensions; 1 for a scalar. */
  public long elements() {
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    return n;
  }

  /** The stride of each axis of a contiguous row-major tensor, in elements. */
  public long[] strides() {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }

  /** This shape with {@code axis} set to {@code size}. */
  public Shape with(int axis, long size) {
    long[] copy = dims.clone();
    copy[axis(axis)] = size;
    return new Shape(copy);
  }

  /** This shape without its last {@code count} dimensions, followed by {@code tail}. */
  public Shape withTail(int count, long... tail) {
    long[] joined = Arrays.copyOf(dims, dims.length - count + tail.length);
    System.arraycopy(tail, 0, joined, dims.length - count, tail.length);
    return new Shape(joined);
  }

  /**
   * The shape two operands broadcast to, by NumPy's rules: aligned at the end, size 1 stretches.
   *
   * @throws IllegalArgumentException if they don't
   */
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    long[] out = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long da = i <= a.rank() ? a.dims[a.rank() - i] : 1;
      long db = i <= b.rank() ? b.dims[b.rank() - i] : 1;
      if (da != db && da != 1 && db != 1) {
        throw new IllegalArgumentException("shapes " + a + " and " + b + " do not broadcast");
      }
      out[rank - i] = da == 1 ? db : da;
    }
    return new Shape(out);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
