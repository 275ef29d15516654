package org.diffusionnft.models.sampling;

import java.util.function.Function;
import java.util.function.Supplier;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.Tensor;

/**
 * Samples latents for a batch of prompts, with or without classifier-free guidance.
 *
 * @param solver steps between the noise levels
 * @param sigmas the noise levels, descending, one more than there are steps
 * @param guidance classifier-free guidance, or {@link Guidance#NONE}
 */
public record GuidedSampler(Solver solver, float[] sigmas, Guidance guidance) {

  /**
   * Prepares a batch of prompts for sampling.
   *
   * @param model gives the velocity that a model predicts for a prompt
   * @param prompt of B entries
   * @param empty the empty prompt, B times; evaluated only with guidance
   */
  public Batch batch(
      Function<Conditioning, Velocity> model, Conditioning prompt, Supplier<Conditioning> empty) {
    Velocity conditional = model.apply(prompt);
    return new Batch(
        guidance.isNone()
            ? conditional
            : new GuidedVelocity(model.apply(empty.get()), conditional, guidance));
  }

  /** A batch of prompts with their velocity. */
  public final class Batch {
    private final Velocity velocity;

    private Batch(Velocity velocity) {
      this.velocity = velocity;
    }

    /**
     * The latents at level 0; see {@link Sampler#sample}.
     *
     * @param start {@code [B, C, H, W]}, normal noise
     * @param noise for stochastic solvers
     */
    public Tensor sample(Tensor start, Noise noise) {
      return Sampler.sample(solver, velocity, start, sigmas, noise);
    }

    /** {@link #sample}, keeping every step in the caller's scope. */
    public Sampler.Trajectory trajectory(Tensor start, Noise noise) {
      return Sampler.trajectory(solver, velocity, start, sigmas, noise);
    }
  }
}
