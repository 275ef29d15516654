package org.diffusionnft.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.diffusionnft.studies.experiment.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code dnft experiment ablation NAME}. */
@Command(
    name = "ablation",
    description = {
      "Runs one of the paper's ablations on ShapesWorld: trains each variant with the same"
          + " samples, seeds and evaluation, and compares the results with the paper's claims."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class AblationCommand implements Callable<Integer> {
  @Mixin private ComputeOptions compute;
  @Mixin private ExperimentOptions options;

  @Parameters(
      paramLabel = "NAME",
      description =
          "negative-branch, solver, weighting, soft-update, timesteps, guidance-beta or guidance.")
  private String name;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(Experiment.ablation(name), compute);
  }
}
