package org.diffusionnft.trainer.nft;

/** What the squared error of a prediction of the clean image is divided by, per sample. */
public enum LossWeighting {
  /**
   * The mean absolute error of that prediction itself, in double precision, at least 1e-5, taken as
   * a constant: what the paper calls adaptive weighting and the reference code always does.
   */
  SELF_NORMALIZED,
  /**
   * {@code t²}, which leaves the plain squared error of the velocity, {@code ‖v± - v‖²}: the
   * paper's objective before any weighting, for which its theorem holds exactly.
   */
  UNIFORM,
  /**
   * {@code t}: the error of the velocity weighted by {@code t}, most where there is most noise. The
   * paper's {@code w(t) = t}.
   */
  T,
  /**
   * {@code t² / (1 - t)}: the error of the velocity weighted by {@code 1 - t}, most where there is
   * least noise. The paper finds that it collapses.
   */
  ONE_MINUS_T
}
