package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.tensor.ReduceOp;

/** Reduces across rows, a strip of columns at a time, in double precision. */
final class Columns {
  private Columns() {}

  /** Columns of a strip: one vector of floats. */
  static final int STRIP = LANES;

  /**
   * Reduces rows {@code first} to {@code first + count} of a walk into {@code values}.
   *
   * @param x the first element of the strip in row 0
   */
  static void reduce(
      ReduceOp op,
      long x,
      VectorReductions.Walk walk,
      long first,
      long count,
      int columns,
      double[] values) {
    VectorMask<Float> inside = FIRST[columns];
    if (op == ReduceOp.MAX) {
      FloatVector max = Lanes.splat(Float.NEGATIVE_INFINITY);
      for (long r = first; r < first + count; r++) {
        long at = x + 4 * walk.reducedOffset(r);
        max = fromMemorySegment(FLOATS, ALL, at, ORDER, inside).max(max);
      }
      for (int i = 0; i < LANES; i++) {
        values[i] = max.lane(i);
      }
      return;
    }
    DoubleVector low = Sums.zero();
    DoubleVector high = Sums.zero();
    for (long r = first; r < first + count; r++) {
      long at = x + 4 * walk.reducedOffset(r);
      FloatVector v = fromMemorySegment(FLOATS, ALL, at, ORDER, inside);
      DoubleVector a = Sums.low(v);
      DoubleVector b = Sums.high(v);
      low = op == ReduceOp.SUM ? a.add(low) : a.fma(a, low);
      high = op == ReduceOp.SUM ? b.add(high) : b.fma(b, high);
    }
    low.intoArray(values, 0);
    high.intoArray(values, LANES / 2);
  }
}
