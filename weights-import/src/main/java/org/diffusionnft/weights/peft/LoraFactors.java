package org.diffusionnft.weights.peft;

import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The two factors of a low-rank update {@code W + scaling * B A} of a linear layer.
 *
 * @param a {@code [rank, in]}
 * @param b {@code [out, rank]}
 */
public record LoraFactors(Tensor a, Tensor b) {
  /** How the names of tensors A end, in PEFT's files and diffusers'. */
  static final String A = ".lora_A.weight";

  /** How the names of tensors B end. */
  static final String B = ".lora_B.weight";

  /** What they hold that is no number, NaN or an infinite one; null if all is well. */
  public @Nullable String fault() {
    NotFinite found = NotFinite.find(a);
    if (found == null) {
      found = NotFinite.find(b);
    }
    return found == null ? null : found.what();
  }

  /** Columns of {@code B} and rows of {@code A}. */
  public int rank() {
    return a.shape().intDim(0);
  }
}
