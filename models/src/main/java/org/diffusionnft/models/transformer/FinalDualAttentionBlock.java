package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** A {@link FinalJointBlock} with the second attention of a {@link DualAttentionBlock}. */
record FinalDualAttentionBlock(
    AdaptedLinear modulation,
    AdaptedLinear textModulation,
    JointAttention attention,
    ImageAttention second,
    FeedForward feedForward)
    implements MmditBlock {

  static FinalDualAttentionBlock of(MmditWeights weights, String name, int heads) {
    return new FinalDualAttentionBlock(
        weights.linear(name + ".norm1.linear"),
        weights.linear(name + ".norm1_context.linear"),
        JointAttention.of(weights, name + ".attn", heads, true),
        ImageAttention.of(weights, name + ".attn2", heads),
        FeedForward.of(weights, name + ".ff"));
  }

  @Override
  public Streams apply(Streams in, Variable conditioning, @Nullable Adapter adapter) {
    var parts = Modulation.gated(modulation, 3, conditioning, adapter);
    Variable x = in.image();
    Variable c = Modulation.plain(textModulation, conditioning, adapter).norm(in.requireText());
    Variable secondInput = parts.get(2).norm(x);
    x = parts.get(0).add(x, attention.apply(parts.get(0).norm(x), c, adapter).image());
    x = parts.get(2).add(x, second.apply(secondInput, adapter));
    x = parts.get(1).add(x, feedForward.apply(parts.get(1).norm(x), adapter));
    return new Streams(x, null);
  }
}
