package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** What attention does with one row of scores (whose memory is padded to whole vectors). */
final class ScoreRows {
  private ScoreRows() {}

  /** {@code s = scale * s + mask}; returns the maximum. Mask address 0 means none. */
  static float scaleAndMask(long s, float scale, long mask, int n) {
    FloatVector f = splat(scale);
    FloatVector max = splat(Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(s + 4L * i).mul(f);
      if (mask != 0) {
        v = v.add(load(mask + 4L * i));
      }
      store(s + 4L * i, v);
      max = max.max(v);
    }
    if (i < n) {
      FloatVector v = load(s + 4L * i).mul(f);
      if (mask != 0) {
        v = v.add(load(mask + 4L * i, n - i));
      }
      store(s + 4L * i, v);
      max = max.max(splat(Float.NEGATIVE_INFINITY).blend(v, Lanes.first(n - i)));
    }
    return max.reduceLanes(VectorOperators.MAX);
  }

  /** {@code s = exp(s - shift)}, 0 in the padding; returns the sum. */
  static float exponentials(long s, float shift, int n) {
    FloatVector sum = splat(0);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector e = VectorMath.expBelow(load(s + 4L * i).sub(shift));
      store(s + 4L * i, e);
      sum = sum.add(e);
    }
    if (i < n) {
      FloatVector e = VectorMath.expBelow(load(s + 4L * i).sub(shift));
      e = splat(0).blend(e, Lanes.first(n - i));
      store(s + 4L * i, e);
      sum = sum.add(e);
    }
    return Lanes.sum(sum);
  }

  /** {@code p = exp(scale * p + mask - logSumExp)}, 0 in the padding. */
  static void probabilities(long p, float scale, long mask, float logSumExp, int n) {
    FloatVector f = splat(scale);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = load(p + 4L * i).mul(f);
      if (mask != 0) {
        v = v.add(load(mask + 4L * i, Math.min(LANES, n - i)));
      }
      FloatVector e = VectorMath.expBelow(v.sub(logSumExp));
      store(p + 4L * i, i + LANES <= n ? e : splat(0).blend(e, Lanes.first(n - i)));
    }
  }

  /** {@code g = p * (g - delta) * scale}, in place of the gradient of the probabilities. */
  static void scoreGradient(long p, long g, float delta, float scale, int n) {
    FloatVector f = splat(scale);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = load(g + 4L * i).sub(delta).mul(f).mul(load(p + 4L * i));
      store(g + 4L * i, v);
    }
  }
}
