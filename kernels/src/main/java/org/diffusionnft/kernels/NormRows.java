package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/** One row of a norm and of its gradient. */
final class NormRows {
  private NormRows() {}

  /**
   * {@code out = (x - mean) * rstd * weight + bias}; address 0 for no weight or no bias. The mean
   * comes in full precision: rounded, it would spoil rows whose mean is large and variance small.
   */
  static void normalise(long x, double mean, float rstd, long weight, long bias, long out, int c) {
    float rounded = (float) mean;
    float rest = (float) (mean - rounded);
    for (int i = 0; i < c; i += LANES) {
      int left = Math.min(LANES, c - i);
      FloatVector v = load(x + 4L * i, left).sub(rounded).sub(rest).mul(rstd);
      if (weight != 0) {
        v = v.mul(load(weight + 4L * i, left));
      }
      if (bias != 0) {
        v = v.add(load(bias + 4L * i, left));
      }
      store(out + 4L * i, v, left);
    }
  }

  /**
   * With n the normalised row and g the gradient times the weight: {@code rstd (g - mean(g) - n
   * mean(g n))}, the middle term only if {@code centred}. Adds {@code gradOut * n} to {@code sums}
   * and {@code gradOut} to the {@code c} floats after them, unless {@code sums} is 0.
   */
  static void gradient(
      long x,
      float mean,
      boolean centred,
      float rstd,
      long weight,
      long gradOut,
      long gradX,
      long sums,
      int c) {
    DoubleVector lowG = Sums.zero();
    DoubleVector highG = Sums.zero();
    DoubleVector lowGn = Sums.zero();
    DoubleVector highGn = Sums.zero();
    for (int i = 0; i < c; i += LANES) {
      int left = Math.min(LANES, c - i);
      FloatVector n = load(x + 4L * i, left).sub(mean).mul(rstd);
      FloatVector g = load(gradOut + 4L * i, left);
      if (sums != 0) {
        store(sums + 4L * i, n.fma(g, load(sums + 4L * i, left)), left);
        store(sums + 4L * (c + i), g.add(load(sums + 4L * (c + i), left)), left);
      }
      if (weight != 0) {
        g = g.mul(load(weight + 4L * i, left));
      }
      lowG = lowG.add(Sums.low(g));
      highG = highG.add(Sums.high(g));
      // Lanes beyond the row hold g = 0.
      lowGn = Sums.low(g).fma(Sums.low(n), lowGn);
      highGn = Sums.high(g).fma(Sums.high(n), highGn);
    }
    FloatVector meanG = splat(centred ? (float) (Sums.total(lowG.add(highG)) / c) : 0);
    FloatVector meanGn = splat((float) (Sums.total(lowGn.add(highGn)) / c));
    for (int i = 0; i < c; i += LANES) {
      int left = Math.min(LANES, c - i);
      FloatVector n = load(x + 4L * i, left).sub(mean).mul(rstd);
      FloatVector g = load(gradOut + 4L * i, left);
      if (weight != 0) {
        g = g.mul(load(weight + 4L * i, left));
      }
      FloatVector v = n.neg().fma(meanGn, g.sub(meanG)).mul(rstd);
      store(gradX + 4L * i, v, left);
    }
  }
}
