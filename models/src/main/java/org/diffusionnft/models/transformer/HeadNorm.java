package org.diffusionnft.models.transformer;

import org.diffusionnft.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The norm of queries or keys, per head.
 *
 * @param weight {@code [D]}, or null if the model has no such norm
 * @param heads number of heads
 */
record HeadNorm(@Nullable Variable weight, int heads) {
  private static final double EPS = 1e-6;

  static HeadNorm of(MmditWeights weights, String name, int heads) {
    return new HeadNorm(weights.find(name + ".weight"), heads);
  }

  /** {@code [B, T, H*D]} to the same. */
  Variable apply(Variable x) {
    return weight == null
        ? x
        : x.reshape(x.dim(0), x.dim(1), heads, -1).rmsNorm(weight, EPS).reshape(x.shape());
  }
}
