package org.diffusionnft.models.solver;

import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How a sampler steps from one noise level to the next. The five of DiffusionNFT's {@code
 * flow_grpo/diffusers_patch/solver.py}, and the step of Flow-CPS, with their order of operations:
 * coefficients are computed on the host in the precision the reference uses, rounded to float, and
 * multiplied with float latents on the device.
 */
public sealed interface Solver permits StochasticSolver, DdimSolver, DpmSolver {

  /**
   * What a step gives.
   *
   * @param latents at the next level
   * @param image the model's prediction of the noiseless image, {@code x - σ v}
   * @param logProb {@code [B]}: mean log density per element of the latents under the step's normal
   *     distribution; null if the step is deterministic
   */
  record Step(Tensor latents, Tensor image, @Nullable Tensor logProb) {}

  /** Steps of one trajectory, in order; it may remember earlier ones. */
  interface Stepper {
    /**
     * Goes from level {@code i} to {@code i + 1}. The stepper may read the image it gives again in
     * the next step: the caller keeps its memory until then.
     *
     * @param velocity the model's output at {@code latents}
     */
    Step step(int i, Tensor latents, Tensor velocity, Noise noise);
  }

  /**
   * A new trajectory over these noise levels, high to low.
   *
   * @param sigmas one more than there are steps
   */
  Stepper start(float[] sigmas);

  /** Whether the solver draws no noise, so that the trajectory depends on the start alone. */
  boolean deterministic();

  /**
   * The solver of a name in the reference's {@code run_sampling}.
   *
   * @param name {@code flow}, {@code flow_cps}, {@code dance}, {@code ddim}, {@code dpm1} or {@code
   *     dpm2}
   * @param deterministic whether no noise is drawn, which sets {@code eta} to 0
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
