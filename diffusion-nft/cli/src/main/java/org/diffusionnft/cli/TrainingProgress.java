package org.diffusionnft.cli;

import java.util.Locale;
import java.util.function.Supplier;
import org.diffusionnft.shapes.ShapesReward;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.TrainedBatch;
import org.diffusionnft.trainer.TrainingListener;
import org.jspecify.annotations.Nullable;

/** Shows the progress of a training run, also within epochs. */
final class TrainingProgress implements TrainingListener, AutoCloseable {
  /** Displayed parts per epoch: sampling is the first half, training the second. */
  private static final int PARTS = 100;

  private final Progress progress;
  private final RunningMean reward = new RunningMean(0.7);
  private final RunningMean strict = new RunningMean(0.7);
  private final Supplier<String> crew;
  private String numbers = "";

  TrainingProgress(ComputeOptions compute, long epoch, int epochs) {
    this(compute, epoch, epochs, () -> "");
  }

  /** Creates a display; {@code crew} supplies a few words about a crew that does the work. */
  TrainingProgress(ComputeOptions compute, long epoch, int epochs, Supplier<String> crew) {
    this.crew = crew;
    this.progress = compute.progress("training", epoch * PARTS, (long) epochs * PARTS, PARTS);
  }

  @Override
  public void sampled(long epoch, int images, int of) {
    progress.to(epoch * PARTS + PARTS / 2 * images / of, words());
  }

  @Override
  public void trained(long epoch, int done, int of, @Nullable TrainedBatch batch) {
    // The epoch itself is reported after the update of the old policy.
    progress.to(epoch * PARTS + PARTS / 2 + (PARTS / 2 - 1) * done / of, words());
  }

  @Override
  public void epochDone(EpochReport report) {
    numbers = String.format(Locale.ROOT, "reward %.3f", reward.add(report.reward()));
    Double score = report.components().get(ShapesReward.Strict.NAME);
    if (score != null) {
      numbers += String.format(Locale.ROOT, ", strict %.1f %%", 100 * strict.add(score));
    }
    progress.to((report.epoch() + 1) * PARTS, words());
  }

  private String words() {
    String who = crew.get();
    return who.isEmpty() || numbers.isEmpty() ? numbers + who : numbers + ", " + who;
  }

  @Override
  public void close() {
    progress.close();
  }
}
