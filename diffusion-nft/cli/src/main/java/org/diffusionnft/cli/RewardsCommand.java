package org.diffusionnft.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.diffusionnft.studies.experiment.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dnft experiment rewards}. */
@Command(
    name = "rewards",
    description = {
      "Trains the ShapesWorld model on each of three conflicting rewards, on all at once, and in"
          + " three stages that each add one; measures all three on held-out prompts. Writes the"
          + " same page as head-to-head plus a table of how each reward changed, and resumes like"
          + " it. 9 epochs unless --epochs is given."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RewardsCommand implements Callable<Integer> {
  @Mixin private ComputeOptions compute;
  @Mixin private ExperimentOptions options;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.run(Experiment.rewards(options.epochs(Experiment.REWARD_EPOCHS)), compute);
  }
}
