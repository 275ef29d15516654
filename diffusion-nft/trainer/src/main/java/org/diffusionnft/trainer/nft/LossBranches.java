package org.diffusionnft.trainer.nft;

/** Which images pull at the policy, and which push. */
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
   * Rejection fine-tuning: images better than their prompt's mean pull alike, others do nothing.
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
