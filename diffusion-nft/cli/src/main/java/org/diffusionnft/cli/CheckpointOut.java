package org.diffusionnft.cli;

import java.nio.file.Path;
import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command writes a model or an adapter, and in which dtype. */
final class CheckpointOut {
  /** The dtypes of checkpoints. */
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

  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = "The new folder, or the file, which is overwritten if it exists.")
  private Path out;

  /** The dtype; null to keep each tensor's own. */
  @Nullable DType dtype() {
    return choice == null ? null : choice.dtype;
  }

  Path path() {
    return out;
  }
}
