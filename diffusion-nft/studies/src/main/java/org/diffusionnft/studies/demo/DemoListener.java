package org.diffusionnft.studies.demo;

import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.trainer.TrainingListener;

/** Is told how a demo goes. */
public interface DemoListener extends TrainingListener {
  /** Does nothing. */
  DemoListener NONE = new DemoListener() {};

  /** Some of the held-out prompts have been sampled. */
  default void evaluating(Contender contender, int images, int of) {}

  /** All of them have been sampled and judged. */
  default void evaluated(Contender contender, HeldOut.Outcome outcome) {}
}
