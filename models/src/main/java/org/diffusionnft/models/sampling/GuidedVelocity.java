package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): {@code u + scale (c - u)}.
 *
 * @param unconditional u: the velocity for the empty or negative prompt
 * @param conditional c: the velocity for the prompt
 * @param scale more than 1, to exaggerate
 */
public record GuidedVelocity(Velocity unconditional, Velocity conditional, double scale)
    implements Velocity {
  /** What a scale comes to: as in diffusers, scales up to 1 are no guidance, which is 1. */
  public static double effective(double scale) {
    return Math.max(1, scale);
  }

  @Override
  public Tensor at(Tensor latents, float sigma) {
    Tensor u = unconditional.at(latents, sigma);
    Tensor c = conditional.at(latents, sigma);
    return Elementwise.add(u, Elementwise.scale(Elementwise.sub(c, u), (float) scale));
  }
}
