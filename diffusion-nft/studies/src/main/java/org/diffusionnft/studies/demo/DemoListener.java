package org.diffusionnft.studies.demo;

import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.run.TrainRun;

/** Receives the events of a demo. */
public interface DemoListener extends TrainRun.EvaluationListener {
  /** Some of the held-out prompts have been sampled. */
  void evaluating(Contender contender, int images, int of);

  /** All of them have been sampled and judged. */
  void evaluated(Contender contender, HeldOut.Outcome outcome);

  /**
   * The training begins or resumes.
   *
   * @return a listener for its events
   */
  TrainingListener training(long epochsDone, int epochs);

  /** The training is done. */
  void trained();
}
