package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;

/**
 * The stochastic sampler of DanceGRPO (Xue et al., arXiv 2505.07818). Its log probabilities leave
 * out the constant {@code -log(std) - log(sqrt(2 pi))}, as the reference code does.
 *
 * @param eta noise scale in {@code std = eta sqrt(-dσ)}; above 0
 */
public record DanceSolver(double eta) implements StochasticSolver {
  /**
   * Checks {@code eta}.
   *
   * @throws InvalidInputException if it is 0, for which the reference code fails too
   */
  public DanceSolver {
    SolverMath.requireEta("dance", eta);
    if (eta == 0) {
      throw new InvalidInputException(
          "solver dance needs noise: set deterministic to false and eta above 0, or use flow");
    }
  }

  @Override
  public Stepper start(float[] sigmas) {
    return (i, latents, velocity, noise) -> {
      float sigma = sigmas[i];
      float difference = sigmas[i + 1] - sigma;
      double std = eta * Math.sqrt(-difference);
      Tensor image = SolverMath.image(latents, sigma, velocity);
      Tensor noisePart = Elementwise.sub(SolverMath.times(image, 1 - sigma), latents);
      Tensor score = SolverMath.over(noisePart, sigma * sigma);
      Tensor correction = SolverMath.times(SolverMath.times(score, -0.5 * (eta * eta)), difference);
      Tensor euler = Elementwise.add(latents, SolverMath.times(velocity, difference));
      Tensor mean = Elementwise.add(euler, correction);
      Tensor next =
          Elementwise.add(
              mean, SolverMath.times(noise.draw(latents.device(), i, latents.shape()), std));
      return new Step(next, image, SolverMath.logProb(next, mean, std * std, 0));
    };
  }

  /**
   * The distribution of step {@code i}: substituting {@code x̂₀ = x - σ v}, the score is {@code -(x
   * + (1 - σ) v) / σ}, so the step is that of {@link FlowSolver} with a constant noise scale.
   */
  @Override
  public GaussianStep gaussian(float[] sigmas, int i) {
    double sigma = sigmas[i];
    double dt = sigmas[i + 1] - sigmas[i];
    double half = 0.5 * eta * eta;
    return new GaussianStep(
        (float) (1 + half * dt / sigma),
        (float) (1 + half * (1 - sigma) / sigma),
        (float) dt,
        (float) (eta * Math.sqrt(-dt)),
        (float) eta,
        0);
  }

  @Override
  public boolean deterministic() {
    return false;
  }
}
