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
  /** Suffix of the names of A tensors, in PEFT's and diffusers' files. */
  static final String A = ".lora_A.weight";

  /** Suffix of the names of B tensors. */
  static final String B = ".lora_B.weight";

  /** Describes a value that is NaN or infinite; null if all are finite. */
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
