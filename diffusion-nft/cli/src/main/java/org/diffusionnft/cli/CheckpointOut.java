package org.diffusionnft.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a command writes a model or an adapter. */
final class CheckpointOut {
  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = "The new folder, or the file, which is replaced if it is there.")
  private Path out;

  Path path() {
    return out;
  }
}
