package org.diffusionnft.weights.peft;

import org.diffusionnft.tensor.Tensor;

/**
 * The two factors of a low-rank update {@code W + scaling * B A} of a linear layer.
 *
 * @param a {@code [rank, in]}
 * @param b {@code [out, rank]}
 */
public record LoraFactors(Tensor a, Tensor b) {
  /** Columns of {@code B} and rows of {@code A}. */
  public int rank() {
    return a.shape().intDim(0);
  }
}
