package org.diffusionnft.autograd;

import org.jspecify.annotations.Nullable;

/**
 * The layer {@code x Wᵀ + bias}.
 *
 * @param weight {@code [N, K]}
 * @param bias {@code [N]} or null
 */
public record Linear(Variable weight, @Nullable Variable bias) {
  /** {@code [.., K]} to {@code [.., N]}. */
  public Variable apply(Variable x) {
    return x.linear(weight, bias);
  }
}
