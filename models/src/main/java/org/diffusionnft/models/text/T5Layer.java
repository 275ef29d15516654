package org.diffusionnft.models.text;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.RmsNorm;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.tensor.UnaryOp;

/** One layer of a T5 v1.1 encoder: unscaled attention, and a gated feed-forward network. */
record T5Layer(
    RmsNorm norm1,
    Variable queries,
    Variable keys,
    Variable values,
    Variable out,
    int heads,
    RmsNorm norm2,
    Variable gate,
    Variable inner,
    Variable outer) {

  static T5Layer of(T5Config config, Parameters parameters, int index) {
    String attention = T5Layout.attention(index);
    String network = T5Layout.network(index);
    return new T5Layer(
        new RmsNorm(parameters.get(attention + ".layer_norm.weight"), config.normEps()),
        parameters.get(attention + ".SelfAttention.q.weight"),
        parameters.get(attention + ".SelfAttention.k.weight"),
        parameters.get(attention + ".SelfAttention.v.weight"),
        parameters.get(attention + ".SelfAttention.o.weight"),
        config.numHeads(),
        new RmsNorm(parameters.get(network + ".layer_norm.weight"), config.normEps()),
        parameters.get(network + ".DenseReluDense.wi_0.weight"),
        parameters.get(network + ".DenseReluDense.wi_1.weight"),
        parameters.get(network + ".DenseReluDense.wo.weight"));
  }

  /**
   * Applies the layer.
   *
   * @param x {@code [B, T, C]}
   * @param bias added to the scores, {@code [1, H, T, T]}
   */
  Variable apply(Variable x, Variable bias) {
    Variable normed = norm1.apply(x);
    Variable attended =
        Functions.attention(
            normed.linear(queries, null),
            normed.linear(keys, null),
            normed.linear(values, null),
            bias,
            heads,
            1);
    Variable y = x.add(attended.linear(out, null));
    Variable normedAgain = norm2.apply(y);
    Variable hidden =
        normedAgain.linear(gate, null, UnaryOp.GELU_TANH).mul(normedAgain.linear(inner, null));
    return y.add(hidden.linear(outer, null));
  }
}
