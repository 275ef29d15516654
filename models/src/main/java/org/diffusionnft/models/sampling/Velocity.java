package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.Tensor;

/** The velocity that a flow-matching sampler integrates: {@code dx/dσ}, the model's output. */
@FunctionalInterface
public interface Velocity {

  /**
   * The velocity of all latents of a batch at one noise level.
   *
   * @param latents {@code [B, C, H, W]}
   * @param step index in the schedule, from 0
   * @param sigma the noise level there, from 1 (noise) to 0 (image)
   * @return like {@code latents}
   */
  Tensor at(Tensor latents, int step, float sigma);
}
