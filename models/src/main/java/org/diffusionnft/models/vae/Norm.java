package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;

/** A group norm that keeps only one of its three intermediate results in memory. */
record Norm(int groups, Variable weight, Variable bias) {
  private static final double EPS = 1e-6;

  static Norm of(VaeConfig config, Parameters parameters, String name) {
    return new Norm(
        config.normGroups(), parameters.get(name + ".weight"), parameters.get(name + ".bias"));
  }

  /** {@code [B, C, H, W]} to the same. */
  Variable apply(Variable x) {
    long batch = x.dim(0);
    long channels = x.dim(1);
    Variable normed =
        Stage.passing(x, in -> in.reshape(batch, groups, -1).layerNorm(null, null, EPS));
    Variable scaled =
        Stage.then(normed, in -> in.reshape(batch, channels, -1).mul(weight.reshape(channels, 1)));
    return Stage.then(scaled, in -> in.add(bias.reshape(channels, 1)).reshape(x.shape()));
  }

  /** The same, followed by SiLU. */
  Variable activated(Variable x) {
    return Stage.then(apply(x), Variable::silu);
  }
}
