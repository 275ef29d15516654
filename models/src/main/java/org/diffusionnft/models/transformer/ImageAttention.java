package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.Device;
import org.jspecify.annotations.Nullable;

/** Attention of the image tokens among themselves, the {@code attn2} of dual-attention blocks. */
record ImageAttention(Projections image, AdaptedLinear out, int heads) {

  static ImageAttention of(MmditWeights weights, String name, int heads) {
    return new ImageAttention(
        Projections.ofImage(weights, name, heads), weights.linear(name + ".to_out.0"), heads);
  }

  /** {@code [B, T, C]} to the same. */
  Variable apply(Variable tokens, @Nullable Adapter adapter) {
    Device device = tokens.device();
    return Variable.scoped(
        device,
        () -> {
          Variable x = tokens.operand();
          Variable q = Variable.scoped(device, () -> image.queries(x, adapter).operand());
          Variable k = Variable.scoped(device, () -> image.keys(x, adapter).operand());
          Variable v = Variable.scoped(device, () -> image.values(x, adapter).operand());
          double scale = 1 / Math.sqrt((double) q.dim(-1) / heads);
          return out.apply(Functions.attention(q, k, v, null, heads, scale), adapter);
        });
  }
}
