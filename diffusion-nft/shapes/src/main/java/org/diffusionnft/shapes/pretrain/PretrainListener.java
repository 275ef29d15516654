package org.diffusionnft.shapes.pretrain;

/** Hears how a pretraining run goes. */
@FunctionalInterface
public interface PretrainListener {

  /**
   * One step is done.
   *
   * @param step its number, from 1
   * @param loss mean squared error of the velocity
   * @param gradientNorm before it was cut
   * @param learningRate of this step
   */
  record Step(long step, double loss, double gradientNorm, double learningRate) {}

  /** Called after every step. */
  void stepDone(Step step);

  /** Something in the files of the run was damaged and is repaired: a sentence that says what. */
  default void repaired(String sentence) {}
}
