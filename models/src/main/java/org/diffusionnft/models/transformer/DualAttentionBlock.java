package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * A {@link JointBlock} with a second attention of the image tokens among themselves, from the same
 * input as the first: the block of Stable Diffusion 3.5 Medium (MMDiT-X).
 */
record DualAttentionBlock(
    AdaptedLinear modulation,
    TextStream text,
    JointAttention attention,
    ImageAttention second,
    FeedForward feedForward)
    implements MmditBlock {

  static DualAttentionBlock of(MmditWeights weights, String name, int heads) {
    return new DualAttentionBlock(
        weights.linear(name + ".norm1.linear"),
        TextStream.of(weights, name),
        JointAttention.of(weights, name + ".attn", heads, false),
        ImageAttention.of(weights, name + ".attn2", heads),
        FeedForward.of(weights, name + ".ff"));
  }

  @Override
  public Streams apply(Streams in, Variable conditioning, @Nullable Adapter adapter) {
    var parts = Modulation.gated(modulation, 3, conditioning, adapter);
    var textParts = text.modulate(conditioning, adapter);
    Variable x = in.image();
    Variable c = in.requireText();
    Variable secondInput = parts.get(2).norm(x);
    Streams attended = attention.apply(parts.get(0).norm(x), textParts.get(0).norm(c), adapter);
    x = parts.get(0).add(x, attended.image());
    x = parts.get(2).add(x, second.apply(secondInput, adapter));
    x = parts.get(1).add(x, feedForward.apply(parts.get(1).norm(x), adapter));
    return new Streams(x, text.apply(c, attended.requireText(), textParts, adapter));
  }
}
