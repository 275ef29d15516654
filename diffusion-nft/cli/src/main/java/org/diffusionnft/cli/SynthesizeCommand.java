package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.checkpoint.SyntheticDetector;
import org.diffusionnft.pipeline.checkpoint.SyntheticModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft synthesize}: a checkpoint with the right names and shapes and random values. */
@Command(
    name = "synthesize",
    description = {
      "Writes a model with the names, shapes and dtype of a real one and seeded random values, to"
          + " test memory, time and plumbing before the real weights are available."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SynthesizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "Which model: sd35-medium (16 GB, 6.7 GB without T5), sd35-large (27 GB, 18 GB without"
              + " T5), sd3-medium (15 GB, 5.9 GB without T5), or mask2former, GenEval's detector"
              + " (0.14 GB).")
  private String model;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description =
          "The folder to write, in diffusers layout, or for mask2former in that of transformers.")
  private Path out;

  @Option(names = "--tiny", description = "The same layout in a few megabytes, for tests.")
  private boolean tiny;

  @Option(names = "--no-t5", description = "Leave out the text encoder T5.")
  private boolean withoutT5;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the values. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    Recipe recipe = recipe();
    try (Device device = compute.open()) {
      long start = System.nanoTime();
      recipe.write(device);
      spec.commandLine()
          .getOut()
          .printf("%s: written in %d s%n", out, (System.nanoTime() - start) / 1_000_000_000);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private interface Recipe {
    void write(Device device) throws IOException;
  }

  private Recipe recipe() {
    return switch (model) {
      case "sd35-medium" -> diffusion(SyntheticModel.sd35Medium());
      case "sd35-large" -> diffusion(SyntheticModel.sd35Large());
      case "sd3-medium" -> diffusion(SyntheticModel.sd3Medium());
      case "mask2former" -> {
        SyntheticDetector whole = SyntheticDetector.swinSmall();
        yield device -> (tiny ? whole.inMiniature() : whole).write(out, seed, device);
      }
      default ->
          throw new InvalidInputException(
              "there is no recipe for '"
                  + model
                  + "': there are sd35-medium, sd35-large, sd3-medium and mask2former");
    };
  }

  private Recipe diffusion(SyntheticModel whole) {
    return device -> (tiny ? whole.inMiniature() : whole).write(out, seed, !withoutT5, device);
  }
}
