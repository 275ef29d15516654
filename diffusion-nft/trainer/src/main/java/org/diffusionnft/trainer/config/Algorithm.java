package org.diffusionnft.trainer.config;

/** How a policy learns from scored images. */
public enum Algorithm {
  /** DiffusionNFT: on the forward process, without likelihoods. */
  NFT,
  /** Flow-GRPO or DanceGRPO: policy gradients along sampled trajectories. */
  GRPO
}
