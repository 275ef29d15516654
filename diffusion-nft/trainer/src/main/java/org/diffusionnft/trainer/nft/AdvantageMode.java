package org.diffusionnft.trainer.nft;

/**
 * What becomes of an advantage once it has been clipped to {@code ±advClipMax}; the modes of the
 * reference code's {@code adv_mode}.
 */
public enum AdvantageMode {
  /** As it is. */
  ALL {
    @Override
    double apply(double clipped) {
      return clipped;
    }
  },
  /** Negative advantages count as none, so no image pushes away. */
  POSITIVE_ONLY {
    @Override
    double apply(double clipped) {
      return Math.max(clipped, 0);
    }
  },
  /** Positive advantages count as none, so no image pulls. */
  NEGATIVE_ONLY {
    @Override
    double apply(double clipped) {
      return Math.min(clipped, 0);
    }
  },
  /** 1 where it is positive, else 0. */
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
