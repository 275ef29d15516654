package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Sums and maxima of contiguous floats; sums in double precision, in an order fixed by length. */
final class Sums {
  private Sums() {}

  private static final VectorSpecies<Double> DOUBLES = Lanes.FLOATS.withLanes(double.class);

  /** The lanes of the lower half, widened. */
  static DoubleVector low(FloatVector v) {
    return (DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  /** The lanes of the upper half, widened. */
  static DoubleVector high(FloatVector v) {
    return (DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 1);
  }

  static DoubleVector zero() {
    return DoubleVector.zero(DOUBLES);
  }

  private static final int LENGTH = DOUBLES.length();
  private static final VectorShuffle<Double> ROTATE_4 = rotate(4);
  private static final VectorShuffle<Double> ROTATE_2 = rotate(2);
  private static final VectorShuffle<Double> ROTATE_1 = rotate(1);

  private static VectorShuffle<Double> rotate(int by) {
    return VectorShuffle.fromOp(DOUBLES, i -> (i + by) % LENGTH);
  }

  /**
   * Adds the lanes, halves onto each other. Not {@code reduceLanes}: its order of additions may
   * differ between interpreted and compiled code.
   */
  static double total(DoubleVector v) {
    DoubleVector s = v.add(v.rearrange(ROTATE_4));
    s = s.add(s.rearrange(ROTATE_2));
    s = s.add(s.rearrange(ROTATE_1));
    return s.lane(0) * Math.min(1, LENGTH / 8.0);
  }

  static double sum(long x, int n) {
    DoubleVector low = zero();
    DoubleVector high = zero();
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      low = low(v).add(low);
      high = high(v).add(high);
    }
    if (i < n) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i]);
      low = low(v).add(low);
      high = high(v).add(high);
    }
    return total(low.add(high));
  }

  /** Sum of {@code (x - shift)^2}. */
  static double squares(long x, float shift, int n) {
    DoubleVector low = zero();
    DoubleVector high = zero();
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).sub(shift);
      DoubleVector a = low(v);
      DoubleVector b = high(v);
      low = a.fma(a, low);
      high = b.fma(b, high);
    }
    if (i < n) {
      FloatVector v =
          Lanes.splat(0)
              .blend(
                  fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i]).sub(shift),
                  FIRST[n - i]);
      DoubleVector a = low(v);
      DoubleVector b = high(v);
      low = a.fma(a, low);
      high = b.fma(b, high);
    }
    return total(low.add(high));
  }

  /** Maximum; -infinity of none, NaN if one is NaN. */
  static float max(long x, int n) {
    FloatVector max = Lanes.splat(Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      max = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).max(max);
    }
    if (i < n) {
      max =
          max.blend(
              max.max(fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i])),
              FIRST[n - i]);
    }
    return max.reduceLanes(VectorOperators.MAX);
  }
}
