package org.diffusionnft.trainer.evaluation;

import java.util.Collections;
import java.util.List;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.sampling.Velocity;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.config.SamplingSettings;

/**
 * Samples pictures of held-out prompts. The noise of a picture depends only on the seed and its
 * index, so two policies can be compared picture by picture.
 *
 * @param model makes them
 * @param latents shape of one picture's latents, {@code [C, H, W]}
 * @param settings how pictures are sampled
 * @param timesteps how noise levels are converted to timesteps
 * @param seed of the noise
 */
public record HeldOutSampler(
    PictureModel model, Shape latents, SamplingSettings settings, Timesteps timesteps, long seed) {
  /**
   * Makes one picture of each prompt.
   *
   * @param pass the forward pass, with an adapter or without
   * @param first index of the first prompt
   * @param stop is polled at every step
   * @throws org.diffusionnft.trainer.StoppedException if a stop is requested
   */
  public Images sample(ForwardPass pass, List<Prompt> batch, int first, Stop stop) {
    return Autocast.in(settings.precision(), () -> made(pass, batch, first, stop));
  }

  private Images made(ForwardPass pass, List<Prompt> batch, int first, Stop stop) {
    Device device = model.transformer().device();
    int count = batch.size();
    try (Memory.Scope _ = device.memory().scope()) {
      Conditioning asked = model.embed(batch.stream().map(Prompt::text).toList());
      Noise noise = Noise.philox(seed, Noise.streams(first, count));
      Shape shape = Shape.of(count, latents.dim(0), latents.dim(1), latents.dim(2));
      Tensor start = noise.draw(device, Noise.INITIAL, shape);
      return model.decode(
          settings
              .toSampler()
              .batch(
                  prompt -> {
                    Velocity velocity =
                        new MmditVelocity(model.transformer(), prompt, pass, timesteps);
                    return (x, step, sigma) -> {
                      stop.check();
                      return velocity.at(x, step, sigma);
                    };
                  },
                  asked,
                  () -> model.embed(Collections.nCopies(count, "")))
              .sample(start, noise));
    }
  }
}
