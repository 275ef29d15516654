package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * Operations of attention on one row of scores. Rows are padded to whole vectors; after masking,
 * the padding is -infinity, so that its weights are 0 and no loop needs a special case.
 */
final class ScoreRows {
  private ScoreRows() {}

  /** {@code s += mask}, and -infinity in the padding. Mask address 0 means none. */
  static void mask(long s, long mask, int n) {
    if (mask != 0) {
      RowLoops.add(mask, s, n);
    }
    int rest = n % LANES;
    if (rest != 0) {
      long at = s + 4L * (n - rest);
      fromMemorySegment(FLOATS, ALL, at, ORDER)
          .blend(Float.NEGATIVE_INFINITY, FIRST[rest].not())
          .intoMemorySegment(ALL, at, ORDER);
    }
  }

  /** The maximum; {@code work} is memory for a vector. */
  static float max(long s, int n, long work) {
    FloatVector max = broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < n; i += LANES) {
      max = fromMemorySegment(FLOATS, ALL, s + 4L * i, ORDER).max(max);
    }
    max.intoMemorySegment(ALL, work, ORDER);
    return Lanes.maxAt(work);
  }

  /** {@code s = exp(s - shift)}; returns the sum; {@code work} is memory for a vector. */
  static float exponentials(long s, float shift, int n, long work) {
    FloatVector sum = broadcast(FLOATS, 0);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, s + 4L * i, ORDER).sub(shift);
      FloatVector e = VectorMath.expBelow(v);
      e.intoMemorySegment(ALL, s + 4L * i, ORDER);
      sum = e.add(sum);
    }
    sum.intoMemorySegment(ALL, work, ORDER);
    return Lanes.sumAt(work);
  }

  /** {@code g = p * (g - delta) * scale}, overwriting the gradient of the probabilities. */
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
