package org.diffusionnft.studies.course;

import org.diffusionnft.trainer.nft.LossBranches;
import org.jspecify.annotations.Nullable;

/** The training methods that the page runs side by side. */
enum Racer {
  /** The paper's method. */
  DIFFUSION_NFT("DiffusionNFT", LossBranches.BOTH),
  /** Policy gradients. */
  FLOW_GRPO("FlowGRPO", null),
  /** Training on all images, each weighted by its {@code r}. */
  WEIGHTED("Weighted by reward", LossBranches.POSITIVE),
  /** Training on the better images only. */
  REJECTION("Better images only", LossBranches.ACCEPTED);

  private final String title;
  private final @Nullable LossBranches branches;

  Racer(String title, @Nullable LossBranches branches) {
    this.title = title;
    this.branches = branches;
  }

  String title() {
    return title;
  }

  /** The branches of the forward-process loss; null for policy gradients. */
  @Nullable LossBranches branches() {
    return branches;
  }
}
