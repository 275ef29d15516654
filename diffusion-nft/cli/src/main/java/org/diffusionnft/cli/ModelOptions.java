package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The Stable Diffusion 3 model that a command works on. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "A Stable Diffusion 3 or 3.5 model: a diffusers folder, or a single file.")
  private @Nullable Path model;

  @Option(
      names = "--parts",
      paramLabel = "DIR",
      description =
          "A diffusers folder with the parts that a single file lacks: tokenizers, text encoders.")
  private @Nullable Path parts;

  /** The given model, if any. */
  @Nullable Path path() {
    return model;
  }

  /** The folder with the parts that a single file lacks, if given. */
  @Nullable Path parts() {
    return parts;
  }

  /**
   * The given model.
   *
   * @throws InvalidInputException if none was given
   */
  Path required() {
    if (model == null) {
      throw new InvalidInputException("say which model with --model PATH");
    }
    return model;
  }

  /**
   * Opens the model's files.
   *
   * @throws IOException if there is no model, or one of another family
   * @throws InvalidInputException if none was given
   */
  ModelCheckpoint open() throws IOException {
    return ModelCheckpoint.open(required(), parts);
  }
}
