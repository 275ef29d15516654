package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model of ShapesWorld a command starts from. */
final class BaseOption {
  @Option(
      names = "--base",
      paramLabel = "DIR",
      description = "A model that 'dnft pretrain shapes' made. Default: the one that is built in.")
  private @Nullable Path base;

  /**
   * Loads the model.
   *
   * @throws IOException if the folder holds none
   */
  Mmdit load(Device device) throws IOException {
    return ShapesModel.open(base, device);
  }

  /** The folder that was given, if any. */
  @Nullable Path folder() {
    return base;
  }
}
