package org.diffusionnft.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.studies.benchmark.Policy;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A model, of ShapesWorld or on disk, and the adapters that a command uses it with. */
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
      description = "A diffusers folder with what a single file lacks: tokenizers, text encoders.")
  private @Nullable Path parts;

  @Option(
      names = "--adapter",
      paramLabel = "[NAME=]PATH",
      description =
          "An adapter: PEFT folder or diffusers' file. Give the option once for each; the name is"
              + " that of the file or folder unless another is given.")
  private List<String> adapters = new ArrayList<>();

  /** The model as it was given. */
  String model() {
    return model;
  }

  /** Whether it is the one of ShapesWorld that is built in. */
  boolean isShapes() {
    return model.equals(ShapesModel.NAME);
  }

  /** The folder with what a single file lacks, if one was given. */
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
