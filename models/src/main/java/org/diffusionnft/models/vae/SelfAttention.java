package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;

/** Self-attention over all positions, with one head. */
record SelfAttention(Norm norm, Linear queries, Linear keys, Linear values, Linear out)
    implements Stage {

  static SelfAttention of(VaeConfig config, Parameters parameters, String name) {
    return new SelfAttention(
        Norm.of(config, parameters, name + ".group_norm"),
        parameters.linear(name + ".to_q"),
        parameters.linear(name + ".to_k"),
        parameters.linear(name + ".to_v"),
        parameters.linear(name + ".to_out.0"));
  }

  @Override
  public Variable apply(Variable x) {
    long channels = x.dim(1);
    Variable places =
        norm.apply(x).reshape(x.dim(0), channels, x.dim(2) * x.dim(3)).permute(0, 2, 1);
    Variable attended =
        Functions.attention(
            queries.apply(places),
            keys.apply(places),
            values.apply(places),
            null,
            1,
            1 / Math.sqrt((double) channels));
    return x.add(out.apply(attended).permute(0, 2, 1).reshape(x.shape()));
  }
}
