package org.diffusionnft.models;

import org.diffusionnft.models.MmditVelocity.Timesteps;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * From embedded prompts to latents of pictures: diffusers' {@code StableDiffusion3Pipeline} between
 * its text encoders and its autoencoder.
 *
 * @param model predicts velocities
 * @param pass with which adapter
 * @param schedule the noise levels
 * @param solver how they are gone through
 * @param guidance scale of classifier-free guidance; up to 1 for none, and then held as 1
 * @param skipping skip-layer guidance, or {@link SkipLayerGuidance#NONE}
 */
public record TextToImage(
    Mmdit model,
    ForwardPass pass,
    FlowMatchSchedule schedule,
    Solver solver,
    double guidance,
    SkipLayerGuidance skipping) {

  /**
   * Checks that the model has the layers to be skipped.
   *
   * @throws IllegalArgumentException if it has not
   */
  public TextToImage {
    skipping.requireLayersOf(model.config());
    guidance = GuidedVelocity.effective(guidance);
  }

  /** Is told how far a picture is. */
  @FunctionalInterface
  public interface Listener {
    /** So many of all evaluations of the model are done. */
    void evaluated(int done, int all);
  }

  /** How often the model is evaluated for one batch. */
  public int evaluations() {
    int steps = schedule.steps();
    int all = 0;
    for (int i = 0; i < steps; i++) {
      all += 1 + (guidance == 1 ? 0 : 1) + (skipping.actsAt(i, steps) ? 1 : 0);
    }
    return all;
  }

  /**
   * The latents that the prompts' pictures have, scaled as the model has them.
   *
   * @param noise where to start, {@code [B, C, H, W]}
   * @param prompt of B entries
   * @param negative of B entries; needed unless guidance is 1
   * @param draws the noise of solvers that draw some
   * @return like {@code noise}, owned by the caller's scope
   */
  public Tensor latents(
      Tensor noise,
      Conditioning prompt,
      @Nullable Conditioning negative,
      Noise draws,
      Listener listener) {
    if (guidance != 1 && negative == null) {
      throw new IllegalArgumentException(
          "guidance of " + guidance + " needs a negative prompt: give at least an empty one");
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
    public Tensor at(Tensor latents, float sigma) {
      Memory memory = latents.device().memory();
      try (Memory.Scope scope = memory.scope()) {
        Tensor conditional = evaluate(prompt, pass, latents, sigma);
        Tensor velocity = conditional;
        if (guidance != 1 && negative != null) {
          Tensor unconditional = evaluate(negative, pass, latents, sigma);
          velocity = further(unconditional, conditional, unconditional, guidance);
        }
        if (skipping.actsAt(step(sigma), schedule.steps())) {
          ForwardPass without = pass.skipping(skipping.layers());
          Tensor weaker = evaluate(prompt, without, latents, sigma);
          velocity = further(velocity, conditional, weaker, skipping.scale());
        }
        scope.keep(velocity.storage());
        return velocity;
      }
    }

    private Tensor evaluate(
        Conditioning conditioning, ForwardPass how, Tensor latents, float sigma) {
      Tensor velocity =
          new MmditVelocity(model, conditioning, how, Timesteps.EXACT).at(latents, sigma);
      done++;
      model.device().section(() -> "evaluation %d of %d".formatted(done, evaluations()));
      listener.evaluated(done, evaluations());
      return velocity;
    }

    /** {@code start + scale (to - from)}. */
    private static Tensor further(Tensor start, Tensor to, Tensor from, double scale) {
      return Elementwise.add(start, Elementwise.scale(Elementwise.sub(to, from), (float) scale));
    }

    private int step(float sigma) {
      int i = 0;
      while (i < schedule.steps() - 1 && schedule.sigma(i) != sigma) {
        i++;
      }
      return i;
    }
  }
}
