package org.diffusionnft.trainer.demo;

import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.evaluation.HeldOut;

/** Is told how a demo goes. */
public interface DemoListener extends TrainingListener {
  /** Does nothing. */
  DemoListener NONE = new DemoListener() {};

  /** Some of the held-out prompts have been sampled. */
  default void evaluating(Contender contender, int images, int of) {}

  /** All of them have been sampled and judged. */
  default void evaluated(Contender contender, HeldOut.Outcome outcome) {}
}
