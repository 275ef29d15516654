package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command writes a model or an adapter, and in which dtype. */
final class CheckpointOut {
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

  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = "The new folder, or the file, which is replaced if it is there.")
  private Path out;

  /** The dtype; null to leave tensors as they are. */
  @Nullable DType dtype() {
    return choice == null ? null : choice.dtype;
  }

  Path path() {
    return out;
  }

  /**
   * Checks that nothing that is read is replaced.
   *
   * @param read files and folders; null for what was not named
   * @throws InvalidInputException if the output is there, and is one of them or a file in one
   */
  void requireApartFrom(@Nullable Path... read) throws IOException {
    requireApart(out, read);
  }

  /** The same for any {@code --out}. */
  static void requireApart(Path out, @Nullable Path... read) throws IOException {
    if (!Files.isRegularFile(out)) {
      return; // a folder is never replaced
    }
    for (Path input : read) {
      if (input != null && Files.exists(input) && out.toRealPath().startsWith(input.toRealPath())) {
        throw new InvalidInputException(
            "--out %s would replace %s, which is read: give it another name"
                .formatted(
                    out,
                    out.toRealPath().equals(input.toRealPath()) ? "it" : "a file of " + input));
      }
    }
  }
}
