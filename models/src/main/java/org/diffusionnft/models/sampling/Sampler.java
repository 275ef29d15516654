package org.diffusionnft.models.sampling;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Runs a solver over a schedule, from noise to the latents of an image. */
public final class Sampler {
  private Sampler() {}

  /**
   * All steps of a run.
   *
   * @param latents the initial latents and those after each step
   * @param images the noiseless image predicted at each step
   * @param logProbs {@code [B]} per step, null where the step was deterministic
   */
  public record Trajectory(
      List<Tensor> latents, List<Tensor> images, List<@Nullable Tensor> logProbs) {
    /** The latents after the last step. */
    public Tensor result() {
      return latents.getLast();
    }
  }

  /**
   * Samples from {@code start} and returns the latents at level 0. Temporaries are released after
   * each step; the result belongs to the caller's scope.
   *
   * @param start {@code [B, C, H, W]}, normal noise
   * @param sigmas noise levels, descending, one more than there are steps
   */
  public static Tensor sample(
      Solver solver, Velocity velocity, Tensor start, float[] sigmas, Noise noise) {
    Memory memory = start.device().memory();
    try (Memory.Scope scope = memory.scope()) {
      Tensor latents = start;
      Solver.Stepper stepper = solver.start(sigmas);
      for (int i = 0; i + 1 < sigmas.length; i++) {
        try (Memory.Scope inner = memory.scope()) {
          Tensor v = velocity.at(latents, i, sigmas[i]);
          Solver.Step step = stepper.step(i, latents, v, noise);
          step.image().keep(); // a multistep solver reads it again
          latents = step.latents().keep();
        }
      }
      return (latents == start ? Elementwise.copy(start) : latents).keep();
    }
  }

  /** {@link #sample}, keeping every step in the caller's scope. */
  public static Trajectory trajectory(
      Solver solver, Velocity velocity, Tensor start, float[] sigmas, Noise noise) {
    Memory memory = start.device().memory();
    List<Tensor> latents = new ArrayList<>(List.of(start));
    List<Tensor> images = new ArrayList<>();
    List<@Nullable Tensor> logProbs = new ArrayList<>();
    Solver.Stepper stepper = solver.start(sigmas);
    for (int i = 0; i + 1 < sigmas.length; i++) {
      try (Memory.Scope scope = memory.scope()) {
        Tensor v = velocity.at(latents.getLast(), i, sigmas[i]);
        Solver.Step step = stepper.step(i, latents.getLast(), v, noise);
        latents.add(step.latents().keep());
        images.add(step.image().keep());
        logProbs.add(step.logProb() == null ? null : step.logProb().keep());
      }
    }
    return new Trajectory(latents, images, logProbs);
  }
}
