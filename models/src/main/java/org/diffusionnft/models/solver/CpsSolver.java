package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;

/**
 * The stochastic sampler of Flow-CPS, coefficients-preserving sampling (Wang and Yu, arXiv
 * 2509.05952); Euler's method if {@code eta} is 0.
 *
 * <p>A flow-matching model expects {@code x = (1 - σ) x₀ + σ x₁} at level {@code σ}. The step to
 * level {@code σ'} preserves these coefficients: of the noise {@code σ'} at that level, {@code s =
 * σ' sin(eta π / 2)} is fresh and the rest is kept,
 *
 * <pre>{@code
 * x' = (1 - σ') x̂₀ + sqrt(σ'² - s²) x̂₁ + s ε,   x̂₀ = x - σ v,   x̂₁ = x + (1 - σ) v,
 * }</pre>
 *
 * so that latents have no more noise than their level, unlike those of {@link FlowSolver}. Its log
 * probabilities are {@code -mean((x' - mean)²)} without scale or constant, as in the reference.
 *
 * @param eta stochasticity, 0 to 2; the most noise is drawn at 1
 */
public record CpsSolver(double eta) implements StochasticSolver {
  private static final double NO_SCALE = 0.5; // the variance of exp(-x²)

  /**
   * Checks {@code eta}.
   *
   * @throws InvalidInputException if it is above 2
   */
  public CpsSolver {
    SolverMath.requireEta("flow_cps", eta);
    if (eta > 2) {
      throw new InvalidInputException(
          "the noise level of solver flow_cps is "
              + eta
              + " but must be from 0 to 2; the most noise is drawn at 1");
    }
  }

  /** The distribution of step {@code i}, in float arithmetic as in the reference code. */
  @Override
  public GaussianStep gaussian(float[] sigmas, int i) {
    float sigma = sigmas[i];
    float next = sigmas[i + 1];
    float dt = next - sigma;
    float std = std(next);
    float kept = kept(next, std);
    float slope = kept * (1 - sigma) - (1 - next) * sigma;
    return new GaussianStep(1 - next + kept, slope / dt, dt, std, std, 0, NO_SCALE);
  }

  private float std(float next) {
    return next * (float) Math.sin(eta * Math.PI / 2);
  }

  private static float kept(float next, float std) {
    return (float) Math.sqrt(next * next - std * std);
  }

  @Override
  public Stepper start(float[] sigmas) {
    return (i, latents, velocity, noise) -> {
      float sigma = sigmas[i];
      float next = sigmas[i + 1];
      float std = std(next);
      Tensor image = SolverMath.image(latents, sigma, velocity);
      Tensor predictedNoise = Elementwise.add(latents, SolverMath.times(velocity, 1 - sigma));
      Tensor mean =
          Elementwise.add(
              SolverMath.times(image, 1 - next), SolverMath.times(predictedNoise, kept(next, std)));
      if (deterministic()) {
        return new Step(mean, image, null);
      }
      Tensor drawn = noise.draw(latents.device(), i, latents.shape());
      Tensor noisy = Elementwise.add(mean, SolverMath.times(drawn, std));
      return new Step(noisy, image, SolverMath.logProb(noisy, mean, NO_SCALE, 0));
    };
  }

  @Override
  public boolean deterministic() {
    return eta == 0;
  }
}
