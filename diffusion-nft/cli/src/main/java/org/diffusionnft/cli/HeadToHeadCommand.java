package org.diffusionnft.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.diffusionnft.studies.experiment.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dnft experiment head-to-head}. */
@Command(
    name = "head-to-head",
    description = {
      "Trains the ShapesWorld model with DiffusionNFT, FlowGRPO, DanceGRPO, rejection and"
          + " reward-weighted fine-tuning: same base, samples, seeds and evaluation. Writes a"
          + " page with curves, intervals and the cost of equal scores. If stopped, it resumes"
          + " when started again with the same options."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class HeadToHeadCommand implements Callable<Integer> {
  @Mixin private ComputeOptions compute;
  @Mixin private ExperimentOptions options;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(Experiment.HEAD_TO_HEAD, compute);
  }
}
