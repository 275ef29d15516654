package org.diffusionnft.trainer.nft;

/** Which images pull the policy, and which push it away. */
public enum LossBranches {
  /** DiffusionNFT: each image pulls with its optimality r and pushes with 1 - r. */
  BOTH {
    @Override
    double positive(double r) {
      return r;
    }

    @Override
    double negative(double r) {
      return 1 - r;
    }
  },
  /** Reward-weighted fine-tuning: each image pulls with r, none pushes. */
  POSITIVE {
    @Override
    double positive(double r) {
      return r;
    }

    @Override
    double negative(double r) {
      return 0;
    }
  },
  /**
   * Rejection fine-tuning: images above their prompt's mean pull with equal weight, others have no
   * effect.
   */
  ACCEPTED {
    @Override
    double positive(double r) {
      return r > 0.5 ? 1 : 0;
    }

    @Override
    double negative(double r) {
      return 0;
    }
  };

  /** Weight of the positive policy's error. */
  abstract double positive(double r);

  /** Weight of the negative policy's error. */
  abstract double negative(double r);
}
