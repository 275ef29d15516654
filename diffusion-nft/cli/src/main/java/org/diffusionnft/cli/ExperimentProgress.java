package org.diffusionnft.cli;

import java.util.Locale;
import org.diffusionnft.studies.experiment.ExperimentRun;
import org.diffusionnft.trainer.TrainingListener;
import org.jspecify.annotations.Nullable;

/** Shows the progress of experiments. */
final class ExperimentProgress implements ExperimentRun.Listener {
  private final ComputeOptions compute;
  private @Nullable TrainingProgress progress;

  ExperimentProgress(ComputeOptions compute) {
    this.compute = compute;
  }

  @Override
  public void warmingUp() {
    compute.note("warming up: one epoch of each, which is thrown away");
  }

  @Override
  public TrainingListener training(String run, long epochsDone, int epochs) {
    compute.note(run + ":");
    progress = new TrainingProgress(compute, epochsDone, epochs);
    return progress;
  }

  @Override
  public void scored(String run, long epoch, double score) {
    compute.note(
        String.format(Locale.ROOT, "%s, epoch %d: strict score %.1f %%", run, epoch, 100 * score));
  }

  @Override
  public void trained() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }
}
