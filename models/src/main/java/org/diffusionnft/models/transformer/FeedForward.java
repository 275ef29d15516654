package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/** The two-layer network of a block: four times as wide inside, with tanh GELU. */
record FeedForward(AdaptedLinear in, AdaptedLinear out) {

  static FeedForward of(MmditWeights weights, String name) {
    return new FeedForward(weights.linear(name + ".net.0.proj"), weights.linear(name + ".net.2"));
  }

  /** {@code [B, T, C]} to the same. */
  Variable apply(Variable x, @Nullable Adapter adapter) {
    return Variable.scoped(
        x.device(),
        () -> {
          Variable hidden =
              Variable.scoped(x.device(), () -> in.apply(x, adapter, UnaryOp.GELU_TANH).operand());
          return out.apply(hidden, adapter);
        });
  }
}
