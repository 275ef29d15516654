package org.diffusionnft.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.studies.benchmark.Policy;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A model, of ShapesWorld or on disk, and the adapters that a command uses with it. */
final class PolicyOptions {
  @Option(
      names = "--model",
      paramLabel = "PATH",
      required = true,
      description =
          "A Stable Diffusion 3 or 3.5 model: a diffusers folder or a single file; or shapes.")
  private String model;

  @Option(
      names = "--parts",
      paramLabel = "DIR",
      description =
          "A diffusers folder with the parts that a single file lacks: tokenizers, text encoders.")
  private @Nullable Path parts;

  @Option(
      names = "--adapter",
      paramLabel = "[NAME=]PATH",
      description =
          "An adapter: a PEFT folder or diffusers LoRA file. Repeat the option for each; NAME"
              + " defaults to that of the file or folder.")
  private List<String> adapters = new ArrayList<>();

  /** The model as given. */
  String model() {
    return model;
  }

  /** Whether it is the built-in ShapesWorld model. */
  boolean isShapes() {
    return model.equals(ShapesModel.NAME);
  }

  /** The folder with the parts that a single file lacks, if given. */
  @Nullable Path parts() {
    return parts;
  }

  /**
   * The adapters in the order in which they were given.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException if a name will not do
   */
  List<Policy> adapters() {
    return adapters.stream().map(Policy::parse).toList();
  }
}
