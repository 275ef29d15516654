package org.diffusionnft.trainer;

import java.util.Locale;

/** A value became NaN or infinite: continuing the training is pointless. */
public final class TrainingDivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * A divergence that another process found.
   *
   * @param message its sentence
   */
  TrainingDivergedException(String message) {
    super(message);
  }

  /**
   * Describes the divergence in one sentence.
   *
   * @param what is not finite
   * @param step optimizer steps done
   * @param epoch from 0
   */
  TrainingDivergedException(String what, double value, long step, long epoch) {
    super(
        String.format(
            Locale.ROOT,
            "training diverged: the %s became %s in epoch %d, after %d optimizer steps; nothing was"
                + " saved since the last checkpoint: try a lower training.learningRate or a lower"
                + " training.maxGradNorm",
            what,
            value,
            epoch + 1,
            step));
  }
}
