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
      "Trains the model of ShapesWorld on each of three rewards that pull apart, on all at once,"
          + " and in three stages with one more in each; measures all three on held-out prompts."
          + " Writes the same page as head-to-head with a table of what happened to which reward,"
          + " and goes on like it. 9 epochs unless --epochs says otherwise."
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
