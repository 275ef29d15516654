package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What attention does with one row of scores. Rows are padded to whole vectors; scores of the
 * padding are -infinity once scaled, so that their weights are 0 and no loop needs a special case.
 */
final class ScoreRows {
  private ScoreRows() {}

  /** {@code s = scale * s + mask}; returns the maximum. Mask address 0 means none. */
  static float scaleAndMask(long s, float scale, long mask, int n) {
    scale(s, scale, n);
    if (mask != 0) {
      Rows.add(mask, s, n);
    }
    int rest = n % LANES;
    if (rest != 0) {
      long at = s + 4L * (n - rest);
      fromMemorySegment(FLOATS, ALL, at, ORDER)
          .blend(Float.NEGATIVE_INFINITY, FIRST[rest].not())
          .intoMemorySegment(ALL, at, ORDER);
    }
    return max(s, n);
  }

  private static void scale(long s, float scale, int n) {
    for (int i = 0; i < n; i += LANES) {
      fromMemorySegment(FLOATS, ALL, s + 4L * i, ORDER)
          .mul(scale)
          .intoMemorySegment(ALL, s + 4L * i, ORDER);
    }
  }

  private static float max(long s, int n) {
    FloatVector max = broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < n; i += LANES) {
      max = max.max(fromMemorySegment(FLOATS, ALL, s + 4L * i, ORDER));
    }
    return max.reduceLanes(VectorOperators.MAX);
  }

  /** {@code s = exp(s - shift)}; returns the sum; {@code work} is memory for a vector. */
  static float exponentials(long s, float shift, int n, long work) {
    FloatVector sum = broadcast(FLOATS, 0);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, s + 4L * i, ORDER).sub(shift);
      FloatVector e = VectorMath.expBelow(v);
      e.intoMemorySegment(ALL, s + 4L * i, ORDER);
      sum = sum.add(e);
    }
    sum.intoMemorySegment(ALL, work, ORDER);
    return Lanes.sumAt(work);
  }

  /** {@code g = p * (g - delta) * scale}, in place of the gradient of the probabilities. */
  static void scoreGradient(long p, long g, float delta, float scale, int n) {
    for (int i = 0; i < n; i += LANES) {
      fromMemorySegment(FLOATS, ALL, g + 4L * i, ORDER)
          .sub(delta)
          .mul(scale)
          .mul(fromMemorySegment(FLOATS, ALL, p + 4L * i, ORDER))
          .intoMemorySegment(ALL, g + 4L * i, ORDER);
    }
  }
}
