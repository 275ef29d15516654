package org.diffusionnft.trainer.nft;

/** The divisor of the squared error of the clean-image prediction, per sample. */
public enum LossWeighting {
  /**
   * The mean absolute error of that prediction itself, in double precision, at least 1e-5,
   * detached: what the paper calls adaptive weighting and the reference code always does.
   */
  SELF_NORMALIZED,
  /**
   * {@code t²}, which gives the plain squared error of the velocity, {@code ‖v± - v‖²}: the paper's
   * unweighted objective, for which its theorem holds exactly.
   */
  UNIFORM,
  /**
   * {@code t}: the velocity error weighted by {@code t}, largest at high noise. The paper's {@code
   * w(t) = t}.
   */
  T,
  /**
   * {@code t² / (1 - t)}: the velocity error weighted by {@code 1 - t}, largest at low noise. The
   * paper finds that training with it collapses.
   */
  ONE_MINUS_T
}
