package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/** Attention of the image tokens among themselves, the {@code attn2} of dual-attention blocks. */
record ImageAttention(Projections image, AdaptedLinear out, int heads) {

  static ImageAttention of(MmditWeights weights, String name, int heads) {
    return new ImageAttention(
        Projections.ofImage(weights, name, heads), weights.linear(name + ".to_out.0"), heads);
  }

  /** {@code [B, T, C]} to the same. */
  Variable apply(Variable tokens, @Nullable Adapter adapter) {
    Variable x = tokens.operand();
    Variable q = image.queries(x, adapter);
    double scale = 1 / Math.sqrt((double) q.dim(-1) / heads);
    Variable attended =
        Functions.attention(
            q, image.keys(x, adapter), image.values(x, adapter), null, heads, scale);
    return out.apply(attended, adapter);
  }
}
