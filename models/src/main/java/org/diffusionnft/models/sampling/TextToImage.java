package org.diffusionnft.models.sampling;

import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * From prompt embeddings to image latents: diffusers' {@code StableDiffusion3Pipeline} between its
 * text encoders and its autoencoder.
 *
 * @param model predicts velocities
 * @param pass selects the adapter
 * @param schedule the noise levels
 * @param solver steps between them
 * @param guidance classifier-free guidance
 * @param skipping skip-layer guidance, or {@link SkipLayerGuidance#NONE}
 */
public record TextToImage(
    Mmdit model,
    ForwardPass pass,
    FlowMatchSchedule schedule,
    Solver solver,
    Guidance guidance,
    SkipLayerGuidance skipping) {

  /**
   * Checks that the model has the layers to be skipped.
   *
   * @throws InvalidInputException if it does not
   */
  public TextToImage {
    skipping.requireLayersOf(model.config());
  }

  /** Receives the progress of a batch. */
  @FunctionalInterface
  public interface Listener {
    /** {@code done} of {@code all} evaluations of the model are done. */
    void evaluated(int done, int all);
  }

  /** Number of model evaluations per batch. */
  public int evaluations() {
    int steps = schedule.steps();
    int all = 0;
    for (int i = 0; i < steps; i++) {
      all += 1 + (guidance.isNone() ? 0 : 1) + (skipping.actsAt(i, steps) ? 1 : 0);
    }
    return all;
  }

  /**
   * Samples the latents of the prompts' images, in the model's scaling.
   *
   * @param noise the initial latents, {@code [B, C, H, W]}
   * @param prompt of B entries
   * @param negative of B entries; required with guidance
   * @param draws the noise for stochastic solvers
   * @return like {@code noise}, owned by the caller's scope
   * @throws DivergedException if the model's output is not finite
   */
  public Tensor latents(
      Tensor noise,
      Conditioning prompt,
      @Nullable Conditioning negative,
      Noise draws,
      Listener listener) {
    if (!guidance.isNone() && negative == null) {
      throw new InvalidInputException(
          "guidance of "
              + guidance.scale()
              + " needs a negative prompt: give at least an empty one");
    }
    Velocity velocity = new Guided(prompt, negative, listener);
    return Sampler.sample(solver, velocity, noise, schedule.sigmas(), draws);
  }

  /** The velocity with both kinds of guidance. */
  private final class Guided implements Velocity {
    private final Conditioning prompt;
    private final @Nullable Conditioning negative;
    private final Listener listener;
    private int done;

    Guided(Conditioning prompt, @Nullable Conditioning negative, Listener listener) {
      this.prompt = prompt;
      this.negative = negative;
      this.listener = listener;
    }

    @Override
    public Tensor at(Tensor latents, int step, float sigma) {
      Memory memory = latents.device().memory();
      try (Memory.Scope scope = memory.scope()) {
        Tensor conditional = evaluate(prompt, pass, latents, step, sigma);
        Tensor velocity = conditional;
        if (!guidance.isNone() && negative != null) {
          Tensor unconditional = evaluate(negative, pass, latents, step, sigma);
          velocity = guidance.apply(unconditional, conditional);
        }
        if (skipping.actsAt(step, schedule.steps())) {
          ForwardPass without = pass.skipping(skipping.layers());
          Tensor weaker = evaluate(prompt, without, latents, step, sigma);
          velocity = Guidance.further(velocity, conditional, weaker, skipping.scale());
        }
        scope.keep(velocity.storage());
        return velocity;
      }
    }

    private Tensor evaluate(
        Conditioning conditioning, ForwardPass how, Tensor latents, int step, float sigma) {
      Tensor velocity =
          new MmditVelocity(model, conditioning, how, Timesteps.EXACT).at(latents, step, sigma);
      done++;
      NotFinite found = NotFinite.find(velocity);
      if (found != null) {
        throw new DivergedException(
            "the transformer gives %s in evaluation %d of %d"
                .formatted(found.what(), done, evaluations()));
      }
      model.device().section(() -> "evaluation %d of %d".formatted(done, evaluations()));
      listener.evaluated(done, evaluations());
      return velocity;
    }
  }
}
