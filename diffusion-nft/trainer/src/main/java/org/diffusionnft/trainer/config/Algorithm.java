package org.diffusionnft.trainer.config;

/** How a policy learns from scored images. */
public enum Algorithm {
  /** DiffusionNFT: on the forward process, without likelihoods. */
  NFT,
  /** Flow-GRPO, DanceGRPO, Flow-CPS or GRPO-Guard: policy gradients along sampled trajectories. */
  GRPO,
  /** Advantage Weighted Matching: policy gradients with the pretraining loss as likelihood. */
  AWM,
  /**
   * Centered Reward Distillation: differences of implicit rewards are fitted to those of given
   * ones.
   */
  CRD
}
