package org.diffusionnft.trainer.config;

/** How a policy learns from scored images. */
public enum Algorithm {
  /** DiffusionNFT: on the forward process, without likelihoods. */
  NFT,
  /** Flow-GRPO, DanceGRPO, Flow-CPS or GRPO-Guard: policy gradients along sampled trajectories. */
  GRPO,
  /** Advantage Weighted Matching: policy gradients with the loss of pretraining for likelihood. */
  AWM,
  /** Centered Reward Distillation: differences of implied rewards are to be those of given ones. */
  CRD
}
