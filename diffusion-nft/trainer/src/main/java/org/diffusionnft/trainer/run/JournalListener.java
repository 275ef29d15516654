package org.diffusionnft.trainer.run;

import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.Rollout;
import org.diffusionnft.trainer.StepReport;
import org.diffusionnft.trainer.TrainedBatch;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.journal.RunJournal;
import org.jspecify.annotations.Nullable;

/** Passes a journal the events that it needs, and another listener all events. */
record JournalListener(TrainingListener other, RunJournal journal) implements TrainingListener {
  @Override
  public void sampled(long epoch, int images, int of) {
    other.sampled(epoch, images, of);
  }

  @Override
  public void scored(Rollout rollout, double[][] advantages) {
    journal.scored(rollout, advantages);
    other.scored(rollout, advantages);
  }

  @Override
  public void trained(long epoch, int done, int of, @Nullable TrainedBatch batch) {
    other.trained(epoch, done, of, batch);
  }

  @Override
  public void gradients(long step, Gradients gradients) {
    other.gradients(step, gradients);
  }

  @Override
  public void stepped(StepReport report) {
    other.stepped(report);
  }

  @Override
  public void epochDone(EpochReport report) {
    other.epochDone(report);
  }
}
