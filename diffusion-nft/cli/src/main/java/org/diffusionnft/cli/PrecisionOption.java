package org.diffusionnft.cli;

import org.diffusionnft.tensor.Precision;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of commands that compute in a precision of the user's choice. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "f32|bf16",
      description =
          "Input precision of matrix products and attention; sums, norms and optimizers are F32."
              + " bf16 is faster if the processor has AVX-512 BF16, and slower otherwise."
              + " Default: f32, or that of the settings.")
  private @Nullable String name;

  /** The requested precision, or a default. */
  Precision or(Precision other) {
    return name == null ? other : Precision.named(name);
  }
}
