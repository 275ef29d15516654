package org.diffusionnft.models.text;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.LayerNorm;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.tensor.UnaryOp;

/** One layer of a CLIP text encoder: attention and a feed-forward network, norms before both. */
record ClipTextLayer(
    LayerNorm norm1,
    Linear queries,
    Linear keys,
    Linear values,
    Linear out,
    int heads,
    LayerNorm norm2,
    Linear inner,
    UnaryOp activation,
    Linear outer) {

  static ClipTextLayer of(ClipTextConfig config, Parameters parameters, int index) {
    String layer = ClipTextLayout.layer(index);
    return new ClipTextLayer(
        parameters.layerNorm(layer + ".layer_norm1", config.layerNormEps()),
        parameters.linear(layer + ".self_attn.q_proj"),
        parameters.linear(layer + ".self_attn.k_proj"),
        parameters.linear(layer + ".self_attn.v_proj"),
        parameters.linear(layer + ".self_attn.out_proj"),
        config.numHeads(),
        parameters.layerNorm(layer + ".layer_norm2", config.layerNormEps()),
        parameters.linear(layer + ".mlp.fc1"),
        config.activation(),
        parameters.linear(layer + ".mlp.fc2"));
  }

  /**
   * What the layer makes of its input.
   *
   * @param x {@code [B, T, C]}
   * @param mask {@code [1, 1, T, T]}
   */
  Variable apply(Variable x, Variable mask) {
    Variable normed = norm1.apply(x);
    double scale = 1 / Math.sqrt((double) x.dim(2) / heads);
    Variable attended =
        Functions.attention(
            queries.apply(normed), keys.apply(normed), values.apply(normed), mask, heads, scale);
    Variable y = x.add(out.apply(attended));
    Variable hidden = norm2.apply(y).linear(inner.weight(), inner.bias(), activation);
    return y.add(outer.apply(hidden));
  }
}
