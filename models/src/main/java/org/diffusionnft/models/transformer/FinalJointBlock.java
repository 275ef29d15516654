package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * The last block of Stable Diffusion 3 and 3.5 ({@code context_pre_only}): the image tokens attend
 * to the text a last time, and the text stream ends. Checkpoints still contain the text's query
 * layer and its norm, which have no effect and no gradient.
 */
record FinalJointBlock(
    AdaptedLinear modulation,
    AdaptedLinear textModulation,
    JointAttention attention,
    FeedForward feedForward)
    implements MmditBlock {

  static FinalJointBlock of(MmditWeights weights, String name, int heads) {
    return new FinalJointBlock(
        weights.linear(name + ".norm1.linear"),
        weights.linear(name + ".norm1_context.linear"),
        JointAttention.of(weights, name + ".attn", heads, true),
        FeedForward.of(weights, name + ".ff"));
  }

  @Override
  public Streams apply(Streams in, Variable conditioning, @Nullable Adapter adapter) {
    var parts = Modulation.gated(modulation, 2, conditioning, adapter);
    Variable x = in.image();
    Variable c = Modulation.plain(textModulation, conditioning, adapter).norm(in.requireText());
    x = parts.get(0).add(x, attention.apply(parts.get(0).norm(x), c, adapter).image());
    x = parts.get(1).add(x, feedForward.apply(parts.get(1).norm(x), adapter));
    return new Streams(x, null);
  }
}
