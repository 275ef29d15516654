package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
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
    DoubleVector low = Sums.zero();
    DoubleVector high = Sums.zero();
    for (int i = 0; i < c; i += LANES) {
      int left = Math.min(LANES, c - i);
      FloatVector e = VectorMath.exp(load(x + 4L * i, left).sub(max));
      store(out + 4L * i, e, left);
      FloatVector counted = splat(0).blend(e, Lanes.first(left));
      low = low.add(Sums.low(counted));
      high = high.add(Sums.high(counted));
    }
    float scale = (float) (1 / Sums.total(low.add(high)));
    Rows.scale(scale, out, out, c);
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
