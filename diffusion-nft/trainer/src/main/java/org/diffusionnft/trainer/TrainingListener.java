package org.diffusionnft.trainer;

import org.diffusionnft.autograd.Gradients;
import org.jspecify.annotations.Nullable;

/** Receives the events of a run, on the thread that runs it. Arrays must not be changed. */
public interface TrainingListener {
  /** Does nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** More images of the epoch have been sampled. */
  default void sampled(long epoch, int images, int of) {}

  /** All images of the epoch have been sampled and scored. */
  default void scored(Rollout rollout, double[][] advantages) {}

  /**
   * A batch was trained on at one timestep of each of its images.
   *
   * @param done how many such batches the epoch has done, including this one
   * @param of how many it will do
   * @param batch what DiffusionNFT trained on; null for other algorithms
   */
  default void trained(long epoch, int done, int of, @Nullable TrainedBatch batch) {}

  /** The gradient of an optimizer step, before it is clipped. */
  default void gradients(long step, Gradients gradients) {}

  /** An optimizer step is done. */
  default void stepped(StepReport report) {}

  /** An epoch is done, the old policy updated. */
  default void epochDone(EpochReport report) {}
}
