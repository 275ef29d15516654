package org.diffusionnft.models.solver;

/**
 * The spacing of a sampler's noise levels between the highest and the lowest, as in diffusers'
 * {@code FlowMatchEulerDiscreteScheduler}.
 */
public enum Spacing {
  /** The shifted levels, unchanged. */
  SHIFTED {
    @Override
    double at(double high, double low, double ramp) {
      throw new IllegalStateException("these levels are given");
    }

    @Override
    double[] levels(double high, double low, double[] shifted) {
      return shifted;
    }
  },

  /** Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", eq. 5. */
  KARRAS {
    @Override
    double at(double high, double low, double ramp) {
      double from = Math.pow(high, 1 / RHO);
      double to = Math.pow(low, 1 / RHO);
      return Math.pow(from + ramp * (to - from), RHO);
    }
  },

  /** Equal steps in the logarithm. */
  EXPONENTIAL {
    @Override
    double at(double high, double low, double ramp) {
      double from = Math.log(high);
      return Math.exp(ramp == 1 ? Math.log(low) : ramp * (Math.log(low) - from) + from);
    }
  },

  /** Quantiles of Beta(0.6, 0.6): Lee et al., "Beta Sampling is All You Need". */
  BETA {
    @Override
    double at(double high, double low, double ramp) {
      return low + BetaQuantile.at(1 - ramp) * (high - low);
    }
  };

  private static final double RHO = 7;

  /** The level at a position from 0, the highest, to 1, the lowest. */
  abstract double at(double high, double low, double ramp);

  /** As many levels as there are shifted ones, descending. */
  double[] levels(double high, double low, double[] shifted) {
    double[] levels = new double[shifted.length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = at(high, low, i == 0 ? 0 : (double) i / (levels.length - 1));
    }
    return levels;
  }
}
