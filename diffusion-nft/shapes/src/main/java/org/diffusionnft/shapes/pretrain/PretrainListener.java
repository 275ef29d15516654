package org.diffusionnft.shapes.pretrain;

/** Receives the events of a pretraining run. */
@FunctionalInterface
public interface PretrainListener {

  /**
   * A finished step.
   *
   * @param step its number, from 1
   * @param loss mean squared error of the velocity
   * @param gradientNorm before clipping
   * @param learningRate of this step
   */
  record Step(long step, double loss, double gradientNorm, double learningRate) {}

  /** Called after every step. */
  void stepDone(Step step);

  /** Damage in the run's files was repaired; the sentence describes it. */
  default void repaired(String sentence) {}
}
