package org.diffusionnft.models.solver;

/** A solver whose steps draw noise, and so have the density that policy gradients need. */
public sealed interface StochasticSolver extends Solver permits FlowSolver, DanceSolver, CpsSolver {
  /**
   * The distribution of step {@code i}.
   *
   * @param sigmas noise levels, descending, one more than there are steps
   * @throws IllegalStateException if the solver draws no noise
   */
  GaussianStep gaussian(float[] sigmas, int i);
}
