package org.diffusionnft.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.diffusionnft.studies.experiment.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dnft experiment objectives}. */
@Command(
    name = "objectives",
    description = {
      "Trains the ShapesWorld model with DiffusionNFT, AWM, CRD, FlowGRPO, Flow-CPS and"
          + " GRPO-Guard: same base, samples, seeds and evaluation. Writes the same page as"
          + " head-to-head, and resumes like it."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ObjectivesCommand implements Callable<Integer> {
  @Mixin private ComputeOptions compute;
  @Mixin private ExperimentOptions options;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(Experiment.OBJECTIVES, compute);
  }
}
