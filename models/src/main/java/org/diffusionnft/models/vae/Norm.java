package org.diffusionnft.models.vae;

import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;

/** A group norm. */
record Norm(int groups, Variable weight, Variable bias) {
  private static final double EPS = 1e-6;

  static Norm of(VaeConfig config, Parameters parameters, String name) {
    return new Norm(
        config.normGroups(), parameters.get(name + ".weight"), parameters.get(name + ".bias"));
  }

  /** {@code [B, C, H, W]} to the same. */
  Variable apply(Variable x) {
    return Functions.groupNorm(x, groups, weight, bias, EPS);
  }
}
