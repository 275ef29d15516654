package org.diffusionnft.models.transformer;

import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** The text stream of all blocks but the last; the same for every kind of block. */
record TextStream(AdaptedLinear modulation, FeedForward feedForward) {

  static TextStream of(MmditWeights weights, String block) {
    return new TextStream(
        weights.linear(block + ".norm1_context.linear"),
        FeedForward.of(weights, block + ".ff_context"));
  }

  /** Shift, scale and gate of attention and feed-forward network. */
  List<Modulation.Gated> modulate(Variable conditioning, @Nullable Adapter adapter) {
    return Modulation.gated(modulation, 2, conditioning, adapter);
  }

  /** The text stream after attention. */
  Variable apply(
      Variable text, Variable attended, List<Modulation.Gated> parts, @Nullable Adapter adapter) {
    Variable after = parts.get(0).add(text, attended);
    Modulation.Gated last = parts.get(1);
    return last.add(after, feedForward.apply(last.norm(after), adapter));
  }
}
