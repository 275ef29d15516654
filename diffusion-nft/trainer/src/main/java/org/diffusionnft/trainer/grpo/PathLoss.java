package org.diffusionnft.trainer.grpo;

import org.jspecify.annotations.Nullable;

/** A loss of one step of sampled trajectories: {@link GrpoLoss}, or {@link GuardLoss}. */
public sealed interface PathLoss permits GrpoLoss, GuardLoss {
  /** Weight of the pull to the reference model, at least 0. */
  double klWeight();

  /**
   * Evaluates the loss and its gradient.
   *
   * @param velocity prediction of the policy in training, {@code [B, N]}
   * @param reference prediction of the frozen base model, required if {@link #klWeight} is above 0
   * @throws IllegalArgumentException if a reference is needed and missing
   */
  GrpoLoss.Outcome evaluate(
      GrpoLoss.Sampled sampled, float[] velocity, float @Nullable [] reference);
}
