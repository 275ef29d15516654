package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** Joint attention, then a feed-forward network per stream: the block of Stable Diffusion 3. */
record JointBlock(
    AdaptedLinear modulation, TextStream text, JointAttention attention, FeedForward feedForward)
    implements MmditBlock {

  static JointBlock of(MmditWeights weights, String name, int heads) {
    return new JointBlock(
        weights.linear(name + ".norm1.linear"),
        TextStream.of(weights, name),
        JointAttention.of(weights, name + ".attn", heads, false),
        FeedForward.of(weights, name + ".ff"));
  }

  @Override
  public Streams apply(Streams in, Variable conditioning, @Nullable Adapter adapter) {
    var parts = Modulation.gated(modulation, 2, conditioning, adapter);
    var textParts = text.modulate(conditioning, adapter);
    Variable x = in.image();
    Variable c = in.requireText();
    Streams attended = attention.apply(parts.get(0).norm(x), textParts.get(0).norm(c), adapter);
    x = parts.get(0).add(x, attended.image());
    x = parts.get(1).add(x, feedForward.apply(parts.get(1).norm(x), adapter));
    return new Streams(x, text.apply(c, attended.requireText(), textParts, adapter));
  }
}
