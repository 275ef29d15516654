package org.diffusionnft.cli;

import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** In which dtype a command writes tensors. */
final class DTypeOption {
  /** The dtypes that checkpoints have. */
  enum Choice {
    BF16(DType.BF16),
    F16(DType.F16),
    F32(DType.F32);

    private final DType dtype;

    Choice(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "Convert all tensors: ${COMPLETION-CANDIDATES}. Default: as they are.")
  private @Nullable Choice choice;

  /** The dtype; null to leave tensors as they are. */
  @Nullable DType dtype() {
    return choice == null ? null : choice.dtype;
  }
}
