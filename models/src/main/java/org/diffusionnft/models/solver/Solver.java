package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A sampler's step from one noise level to the next. These are the five solvers of DiffusionNFT's
 * {@code flow_grpo/diffusers_patch/solver.py}, and that of Flow-CPS, with the same order of
 * operations: coefficients are computed on the host in the reference code's precision, rounded to
 * float, and multiplied by float latents on the device.
 */
public sealed interface Solver permits StochasticSolver, DdimSolver, DpmSolver {

  /**
   * The result of a step.
   *
   * @param latents at the next level
   * @param image the model's prediction of the noiseless image, {@code x - σ v}
   * @param logProb {@code [B]}: mean log density per element of the latents under the step's normal
   *     distribution; null if the step is deterministic
   */
  record Step(Tensor latents, Tensor image, @Nullable Tensor logProb) {}

  /** Computes the steps of one trajectory, in order; may depend on earlier ones. */
  interface Stepper {
    /**
     * Steps from level {@code i} to {@code i + 1}. The stepper may read the returned image again in
     * the next step, so the caller must keep its memory until then.
     *
     * @param velocity the model's output at {@code latents}
     */
    Step step(int i, Tensor latents, Tensor velocity, Noise noise);
  }

  /**
   * Starts a trajectory over these noise levels, descending.
   *
   * @param sigmas one more than there are steps
   */
  Stepper start(float[] sigmas);

  /**
   * Whether the solver draws no noise, so that the trajectory depends only on the initial latents.
   */
  boolean deterministic();

  /**
   * The solver with this name in the reference code's {@code run_sampling}.
   *
   * @param name {@code flow}, {@code flow_cps}, {@code dance}, {@code ddim}, {@code dpm1} or {@code
   *     dpm2}
   * @param deterministic whether to draw no noise, which sets {@code eta} to 0
   * @param eta how much noise is drawn; not used by {@code dpm1} and {@code dpm2}
   * @throws InvalidInputException for an unknown name, {@code dance} without noise, or {@code dpm1}
   *     and {@code dpm2} with it
   */
  static Solver named(String name, boolean deterministic, double eta) {
    double noise = deterministic ? 0 : eta;
    return switch (name) {
      case "flow" -> new FlowSolver(noise);
      case "flow_cps" -> new CpsSolver(noise);
      case "dance" -> new DanceSolver(noise);
      case "ddim" -> new DdimSolver(noise);
      case "dpm1", "dpm2" -> {
        if (!deterministic) {
          throw new InvalidInputException(
              "solver " + name + " draws no noise: set deterministic to true");
        }
        yield new DpmSolver(name.equals("dpm1") ? 1 : 2);
      }
      default ->
          throw new InvalidInputException(
              "solver '"
                  + name
                  + "' is unknown: use "
                  + (deterministic
                      ? "flow_cps, flow, ddim, dpm1 or dpm2"
                      : "flow, flow_cps, dance or ddim"));
    };
  }
}
