package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** A transformer block of the MMDiT-X; one type per kind. */
sealed interface MmditBlock
    permits JointBlock, DualAttentionBlock, FinalJointBlock, FinalDualAttentionBlock {

  /**
   * The streams after the block.
   *
   * @param conditioning {@code [B, C]}: the embedded timestep and pooled text, through SiLU
   */
  Streams apply(Streams in, Variable conditioning, @Nullable Adapter adapter);

  /** Block {@code index} of a model, of the kind given by its configuration. */
  static MmditBlock of(MmditConfig config, MmditWeights weights, int index) {
    String name = "transformer_blocks." + index;
    int heads = config.numAttentionHeads();
    boolean last = index == config.numLayers() - 1;
    if (config.isDual(index)) {
      return last
          ? FinalDualAttentionBlock.of(weights, name, heads)
          : DualAttentionBlock.of(weights, name, heads);
    }
    return last ? FinalJointBlock.of(weights, name, heads) : JointBlock.of(weights, name, heads);
  }
}
