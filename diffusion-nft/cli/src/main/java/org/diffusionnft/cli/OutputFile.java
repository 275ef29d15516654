package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/** Checks the file that {@code --out} names. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Checks that no input is overwritten.
   *
   * @param read files and folders; null for those not given
   * @throws InvalidInputException if the output exists and is one of them or a file in one
   */
  static void requireApart(Path out, @Nullable Path... read) throws IOException {
    if (!Files.isRegularFile(out)) {
      return; // a folder is never replaced
    }
    Path written = out.toRealPath();
    for (Path input : read) {
      if (input != null && Files.exists(input) && written.startsWith(input.toRealPath())) {
        throw new InvalidInputException(
            "--out %s would replace %s, which is read: give it another name"
                .formatted(out, written.equals(input.toRealPath()) ? "it" : "a file of " + input));
      }
    }
  }
}
