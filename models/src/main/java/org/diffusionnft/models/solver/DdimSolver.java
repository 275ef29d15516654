package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * DDIM (Song et al., arXiv 2010.02502) for flow matching, with {@code α = 1 - σ}.
 *
 * @param eta 0 for the deterministic sampler, 1 for DDPM's
 */
public record DdimSolver(double eta) implements Solver {
  /** Checks {@code eta}. */
  public DdimSolver {
    SolverMath.requireEta("ddim", eta);
  }

  @Override
  public Stepper start(float[] sigmas) {
    return (i, latents, velocity, noise) ->
        update(sigmas, i, latents, SolverMath.image(latents, sigmas[i], velocity), noise);
  }

  /** The step from the model's prediction of the image. */
  Step update(float[] sigmas, int i, Tensor latents, Tensor image, Noise noise) {
    double s = sigmas[i];
    double t = sigmas[i + 1];
    double ratio = t * t * ((1 - s) * (1 - s)) / (s * s * ((1 - t) * (1 - t)));
    double std = eta * t * Math.sqrt(1 - ratio);
    Tensor predictedNoise =
        SolverMath.over(Elementwise.sub(latents, SolverMath.times(image, 1 - s)), s);
    Tensor mean =
        Elementwise.add(
            SolverMath.times(image, 1 - t),
            SolverMath.times(predictedNoise, Math.sqrt(t * t - std * std)));
    if (std == 0) {
      return new Step(mean, image, null);
    }
    Tensor drawn = noise.draw(latents.device(), i, latents.shape());
    Tensor next = Elementwise.add(mean, SolverMath.times(drawn, std));
    double constant = StrictMath.log(std) + SolverMath.LOG_SQRT_2PI;
    return new Step(next, image, SolverMath.logProb(next, mean, std * std, constant));
  }

  @Override
  public boolean deterministic() {
    return eta == 0;
  }
}
