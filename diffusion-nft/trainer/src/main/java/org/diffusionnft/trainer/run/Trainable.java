package org.diffusionnft.trainer.run;

import java.util.List;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.evaluation.Evaluator;

/** A model opened for training, with everything that it is trained and evaluated on. */
public interface Trainable extends AutoCloseable {
  /** The training task of each stage; one task for a run without stages. */
  List<TrainingTask> tasks();

  /** The first training task. */
  default TrainingTask task() {
    return tasks().getFirst();
  }

  /**
   * The evaluator used during training.
   *
   * @param stage index of the stage, from 0
   */
  Evaluator evaluator(int stage);

  /** Frees model and rewards. */
  @Override
  void close();
}
