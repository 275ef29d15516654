package org.diffusionnft.trainer.nft;

/**
 * How an advantage is transformed after it has been clipped to {@code ±advClipMax}; the modes of
 * the reference code's {@code adv_mode}.
 */
public enum AdvantageMode {
  /** Unchanged. */
  ALL {
    @Override
    double apply(double clipped) {
      return clipped;
    }
  },
  /** Negative advantages are set to 0, so no image pushes the policy away. */
  POSITIVE_ONLY {
    @Override
    double apply(double clipped) {
      return Math.max(clipped, 0);
    }
  },
  /** Positive advantages are set to 0, so no image pulls the policy. */
  NEGATIVE_ONLY {
    @Override
    double apply(double clipped) {
      return Math.min(clipped, 0);
    }
  },
  /** 1 if it is positive, else 0. */
  ONE_ONLY {
    @Override
    double apply(double clipped) {
      return clipped > 0 ? 1 : 0;
    }
  },
  /** Its sign. */
  BINARY {
    @Override
    double apply(double clipped) {
      return Math.signum(clipped);
    }
  };

  abstract double apply(double clipped);

  /**
   * The optimality probability {@code r} in [0, 1] of an advantage: {@code clamp((mode(clip(a)) /
   * advClipMax) / 2 + 1/2, 0, 1)}. The paper's {@code r} clips at one {@code Z_c}; the code clips
   * at {@code advClipMax} standard deviations.
   */
  public double optimality(double advantage, double advClipMax) {
    double clipped = apply(Math.clamp(advantage, -advClipMax, advClipMax));
    return Math.clamp(clipped / advClipMax / 2 + 0.5, 0.0, 1.0);
  }
}
