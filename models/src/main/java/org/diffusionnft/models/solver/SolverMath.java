package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Arithmetic shared by the solvers. Factors are rounded to float first, as PyTorch does with
 * scalars.
 */
final class SolverMath {
  /** {@code log(sqrt(2 pi))}. */
  static final double LOG_SQRT_2PI = 0.5 * StrictMath.log(2 * Math.PI);

  private SolverMath() {}

  /** The noiseless image {@code x - σ v}. */
  static Tensor image(Tensor latents, float sigma, Tensor velocity) {
    return Elementwise.sub(latents, times(velocity, sigma));
  }

  /** {@code factor * x} with the factor as a float. */
  static Tensor times(Tensor x, double factor) {
    return Elementwise.scale(x, (float) factor);
  }

  /** {@code x / divisor} with the divisor as a float; not a product with its reciprocal. */
  static Tensor over(Tensor x, double divisor) {
    return Elementwise.div(x, Tensor.full(x.device(), DType.F32, Shape.of(1), (float) divisor));
  }

  /**
   * Mean over each entry of the batch of {@code -(sample - mean)² / (2 variance) - constant}.
   *
   * @param sample {@code [B, ..]}
   * @return {@code [B]}
   */
  static Tensor logProb(Tensor sample, Tensor mean, double variance, double constant) {
    Tensor difference = Elementwise.sub(sample, mean);
    Tensor squares = Elementwise.mul(difference, difference).reshape(sample.dim(0), -1);
    Tensor mse = Reductions.mean(squares, 1).reshape(sample.dim(0));
    return Elementwise.affine(mse, -1 / (2 * variance), -constant);
  }

  /**
   * Checks the {@code eta} of a solver.
   *
   * @throws IllegalArgumentException if it is negative or not finite
   */
  static void requireEta(String solver, double eta) {
    if (!(eta >= 0) || Double.isInfinite(eta)) {
      throw new IllegalArgumentException(
          "eta of solver " + solver + " is " + eta + " but must be a finite number, 0 or more");
    }
  }
}
