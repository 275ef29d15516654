package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.Tensor;

/**
 * A velocity with classifier-free guidance.
 *
 * @param unconditional the velocity for the empty or negative prompt
 * @param conditional the velocity for the prompt
 * @param guidance the guidance scale
 */
record GuidedVelocity(Velocity unconditional, Velocity conditional, Guidance guidance)
    implements Velocity {
  @Override
  public Tensor at(Tensor latents, int step, float sigma) {
    Tensor u = unconditional.at(latents, step, sigma);
    Tensor c = conditional.at(latents, step, sigma);
    return guidance.apply(u, c);
  }
}
