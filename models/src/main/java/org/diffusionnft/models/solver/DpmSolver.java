package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DPM-Solver++ (Lu et al., arXiv 2211.01095), multistep, for flow matching. The first and last
 * steps are those of deterministic {@linkplain DdimSolver DDIM}.
 *
 * @param order 1 or 2
 */
public record DpmSolver(int order) implements Solver {
  private static final DdimSolver DDIM = new DdimSolver(0);

  /** Checks the order. */
  public DpmSolver {
    if (order != 1 && order != 2) {
      throw new InvalidInputException(
          "the order of DPM-Solver++ is " + order + " but must be 1 or 2");
    }
  }

  @Override
  public Stepper start(float[] sigmas) {
    return new Multistep(order, sigmas);
  }

  @Override
  public boolean deterministic() {
    return true;
  }

  private static final class Multistep implements Stepper {
    private final int order;
    private final float[] sigmas;
    private @Nullable Tensor previous;

    private Multistep(int order, float[] sigmas) {
      this.order = order;
      this.sigmas = sigmas;
    }

    @Override
    public Step step(int i, Tensor latents, Tensor velocity, Noise noise) {
      Tensor image = SolverMath.image(latents, sigmas[i], velocity);
      boolean ddim = i == 0 || i == sigmas.length - 2;
      Step step =
          ddim
              ? DDIM.update(sigmas, i, latents, image, noise)
              : new Step(update(i, latents, image), image, null);
      previous = image;
      return step;
    }

    private Tensor update(int i, Tensor latents, Tensor image) {
      double sigma = sigmas[i + 1];
      double h = logSignalToNoise(i + 1) - logSignalToNoise(i);
      double factor = (1 - sigma) * (StrictMath.exp(-h) - 1);
      Tensor first =
          Elementwise.sub(
              SolverMath.times(latents, sigma / sigmas[i]), SolverMath.times(image, factor));
      if (order == 1 || previous == null) {
        return first;
      }
      // Pure noise (σ = 1) is infinitely far away in log SNR, which makes the slope's weight 0.
      double ratio = (logSignalToNoise(i) - logSignalToNoise(i - 1)) / h;
      Tensor slope = SolverMath.times(Elementwise.sub(image, previous), 1 / ratio);
      return Elementwise.sub(first, SolverMath.times(slope, 0.5 * factor));
    }

    private double logSignalToNoise(int i) {
      double sigma = sigmas[i];
      return StrictMath.log(1 - sigma) - StrictMath.log(sigma);
    }
  }
}
