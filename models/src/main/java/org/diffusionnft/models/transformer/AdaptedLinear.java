package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer (or a convolution over whole patches, which is equivalent) that may be adapted.
 *
 * @param name the layer's name, which adapters refer to
 * @param layer weight and bias
 */
record AdaptedLinear(String name, Linear layer) {

  /** {@code [.., K]} to {@code [.., N]}, plus the adapter's output if it has this layer. */
  Variable apply(Variable x, @Nullable Adapter adapter) {
    return apply(x, adapter, null);
  }

  /** The same, followed by an activation. */
  Variable apply(Variable x, @Nullable Adapter adapter, @Nullable UnaryOp activation) {
    Variable weight = flat(layer.weight());
    Adapter.LowRank low = adapter == null ? null : adapter.find(name);
    if (low == null) {
      return x.linear(weight, layer.bias(), activation);
    }
    Variable out = x.linear(weight, layer.bias(), flat(low.a()), flat(low.b()), low.scale());
    return activation == null ? out : out.unary(activation);
  }

  /** The weight of a convolution over whole patches, {@code [N, C, k, k]}, as a matrix. */
  private static Variable flat(Variable weight) {
    return weight.reshape(weight.dim(0), weight.shape().elements() / weight.dim(0));
  }
}
