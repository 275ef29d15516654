package org.diffusionnft.autograd;

import org.jspecify.annotations.Nullable;

/**
 * Layer norm along the last axis.
 *
 * @param weight {@code [C]} or null
 * @param bias {@code [C]} or null
 * @param eps added to the variance
 */
public record LayerNorm(@Nullable Variable weight, @Nullable Variable bias, double eps) {
  /** {@code [.., C]} to the same. */
  public Variable apply(Variable x) {
    return x.layerNorm(weight, bias, eps);
  }
}
