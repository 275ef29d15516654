package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** One row of a softmax and of its gradient; {@code work} is memory for a vector. */
final class SoftmaxRows {
  private SoftmaxRows() {}

  /** {@code out = exp(x - max) / sum}; {@code out} may be {@code x}. */
  static void softmax(long x, long out, int c, long work) {
    float max = Sums.max(x, c);
    int whole = Lanes.whole(c);
    float sum = exponentials(x, max, out, whole, work);
    if (whole < c) {
      sum += tail(x + 4L * whole, max, out + 4L * whole, c - whole, work);
    }
    RowLoops.scale(1 / sum, out, out, c);
  }

  /** {@code out = exp(x - max)}; returns the sum. */
  private static float exponentials(long x, float max, long out, int c, long work) {
    FloatVector sum = broadcast(FLOATS, 0);
    for (int i = 0; i < c; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).sub(max);
      FloatVector e = VectorMath.exp(v);
      e.intoMemorySegment(ALL, out + 4L * i, ORDER);
      sum = e.add(sum);
    }
    sum.intoMemorySegment(ALL, work, ORDER);
    return Lanes.sumAt(work);
  }

  private static float tail(long x, float max, long out, int rest, long work) {
    VectorMask<Float> inside = FIRST[rest];
    FloatVector v = fromMemorySegment(FLOATS, ALL, x, ORDER, inside).sub(max);
    FloatVector e = broadcast(FLOATS, 0).blend(VectorMath.exp(v), inside);
    e.intoMemorySegment(ALL, out, ORDER, inside);
    e.intoMemorySegment(ALL, work, ORDER);
    return Lanes.sumAt(work);
  }

  /** {@code gradX = y * (gradOut - dot)}. */
  static void gradient(long y, long gradOut, float dot, long gradX, int c) {
    for (int i = 0; i < c; i += LANES) {
      VectorMask<Float> inside = FIRST[Math.min(LANES, c - i)];
      fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER, inside)
          .sub(dot)
          .mul(fromMemorySegment(FLOATS, ALL, y + 4L * i, ORDER, inside))
          .intoMemorySegment(ALL, gradX + 4L * i, ORDER, inside);
    }
  }
}
