package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import org.diffusionnft.tensor.ReduceOp;

/** Reduces rows onto each other, a strip of columns at a time, in double precision. */
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
    if (op == ReduceOp.MAX) {
      FloatVector max = Lanes.splat(Float.NEGATIVE_INFINITY);
      for (long r = first; r < first + count; r++) {
        max = max.max(Lanes.load(x + 4 * walk.reducedOffset(r), columns));
      }
      for (int i = 0; i < LANES; i++) {
        values[i] = max.lane(i);
      }
      return;
    }
    DoubleVector low = Sums.zero();
    DoubleVector high = Sums.zero();
    for (long r = first; r < first + count; r++) {
      FloatVector v = Lanes.load(x + 4 * walk.reducedOffset(r), columns);
      DoubleVector a = Sums.low(v);
      DoubleVector b = Sums.high(v);
      low = op == ReduceOp.SUM ? low.add(a) : a.fma(a, low);
      high = op == ReduceOp.SUM ? high.add(b) : b.fma(b, high);
    }
    low.intoArray(values, 0);
    high.intoArray(values, LANES / 2);
  }
}
