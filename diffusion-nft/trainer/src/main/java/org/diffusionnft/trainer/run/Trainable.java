package org.diffusionnft.trainer.run;

import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.evaluation.Evaluator;

/** A model that was opened for training, with all that it is trained and evaluated on. */
public interface Trainable extends AutoCloseable {
  /** What is trained on what. */
  TrainingTask task();

  /** How it is evaluated on the way. */
  Evaluator evaluator();

  /** Frees model and rewards. */
  @Override
  void close();
}
