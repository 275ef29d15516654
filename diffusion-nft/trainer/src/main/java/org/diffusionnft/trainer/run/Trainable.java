package org.diffusionnft.trainer.run;

import java.util.List;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.evaluation.Evaluator;

/** A model that was opened for training, with all that it is trained and evaluated on. */
public interface Trainable extends AutoCloseable {
  /** What is trained on what in each stage; one task for a run without stages. */
  List<TrainingTask> tasks();

  /** What is trained on what at first. */
  default TrainingTask task() {
    return tasks().getFirst();
  }

  /**
   * How it is evaluated on the way.
   *
   * @param stage number of the stage, from 0
   */
  Evaluator evaluator(int stage);

  /** Frees model and rewards. */
  @Override
  void close();
}
