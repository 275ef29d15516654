package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.Device;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The ShapesWorld model that a command starts from. */
final class BaseOption {
  @Option(
      names = "--base",
      paramLabel = "DIR",
      description = "A model from 'dnft pretrain shapes'. Default: the built-in one.")
  private @Nullable Path base;

  /**
   * Loads the model.
   *
   * @throws IOException if the folder holds no model
   */
  Mmdit load(Device device) throws IOException {
    return ShapesModel.open(base, device);
  }

  /** The given folder, if any. */
  @Nullable Path folder() {
    return base;
  }
}
