package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * The stochastic sampler of Flow-GRPO (Liu et al., arXiv 2505.05470, equation 9); Euler's method if
 * {@code eta} is 0.
 *
 * @param eta noise scale a in {@code std = a sqrt(σ / (1 - σ))}
 */
public record FlowSolver(double eta) implements StochasticSolver {
  /** Checks {@code eta}. */
  public FlowSolver {
    SolverMath.requireEta("flow", eta);
  }

  /** The distribution of step {@code i}, in float arithmetic as in the reference code. */
  @Override
  public GaussianStep gaussian(float[] sigmas, int i) {
    float sigma = sigmas[i];
    float dt = sigmas[i + 1] - sigma;
    float diffusion =
        (float) Math.sqrt(sigma / (1 - (sigma == 1 ? sigmas[1] : sigma))) * (float) eta;
    float variance = diffusion * diffusion;
    float std = diffusion * (float) Math.sqrt(-dt);
    return new GaussianStep(
        1 + variance / (2 * sigma) * dt,
        1 + variance * (1 - sigma) / (2 * sigma),
        dt,
        std,
        diffusion,
        StrictMath.log(std) + SolverMath.LOG_SQRT_2PI);
  }

  @Override
  public Stepper start(float[] sigmas) {
    return (i, latents, velocity, noise) -> {
      GaussianStep c = gaussian(sigmas, i);
      Tensor image = SolverMath.image(latents, sigmas[i], velocity);
      Tensor mean =
          Elementwise.add(
              SolverMath.times(latents, c.latents()),
              SolverMath.times(SolverMath.times(velocity, c.velocity()), c.dt()));
      if (deterministic()) {
        return new Step(mean, image, null);
      }
      Tensor next =
          Elementwise.add(
              mean, SolverMath.times(noise.draw(latents.device(), i, latents.shape()), c.std()));
      return new Step(next, image, SolverMath.logProb(next, mean, c.variance(), c.constant()));
    };
  }

  @Override
  public boolean deterministic() {
    return eta == 0;
  }
}
