package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/** One row of a softmax and of its gradient. */
final class SoftmaxRows {
  private SoftmaxRows() {}

  /** {@code out = exp(x - max) / sum}; {@code out} may be {@code x}. */
  static void softmax(long x, long out, int c) {
    float max = Sums.max(x, c);
    int whole = Lanes.whole(c);
    double sum = exponentials(x, max, out, whole);
    if (whole < c) {
      int rest = c - whole;
      FloatVector e = VectorMath.exp(load(x + 4L * whole, rest).sub(max));
      e = splat(0).blend(e, Lanes.first(rest));
      store(out + 4L * whole, e, rest);
      sum += Lanes.sum(e);
    }
    Rows.scale((float) (1 / sum), out, out, c);
  }

  /** {@code out = exp(x - max)}; returns the sum. */
  private static double exponentials(long x, float max, long out, int c) {
    DoubleVector low = Sums.zero();
    DoubleVector high = Sums.zero();
    for (int i = 0; i < c; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).sub(max);
      FloatVector e = VectorMath.exp(v);
      e.intoMemorySegment(ALL, out + 4L * i, ORDER);
      low = low.add(Sums.low(e));
      high = high.add(Sums.high(e));
    }
    return Sums.total(low.add(high));
  }

  /** {@code gradX = y * (gradOut - dot)}. */
  static void gradient(long y, long gradOut, float dot, long gradX, int c) {
    for (int i = 0; i < c; i += LANES) {
      int left = Math.min(LANES, c - i);
      FloatVector v = load(gradOut + 4L * i, left).sub(dot).mul(load(y + 4L * i, left));
      store(gradX + 4L * i, v, left);
    }
  }
}
