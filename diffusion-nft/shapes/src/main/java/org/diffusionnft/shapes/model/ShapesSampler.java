package org.diffusionnft.shapes.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.sampling.MmditVelocity;
import org.diffusionnft.models.sampling.MmditVelocity.Timesteps;
import org.diffusionnft.models.solver.Noise;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.Captions;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.WordVectors;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.SamplingSettings;

/**
 * Samples pictures of the world. A picture depends on the seed, its index and its caption, not on
 * the rest of its batch.
 *
 * @param model the model that predicts velocities
 * @param pass the forward pass, with an adapter or without
 * @param settings sampling settings
 */
public record ShapesSampler(Mmdit model, ForwardPass pass, SamplingSettings settings) {
  /**
   * Samples one picture for each caption.
   *
   * @param seed of the noise; picture i starts from stream i
   * @param done called with the number of pictures done so far
   * @return pictures of shape [3, SIZE, SIZE], row-major, about in [-1, 1]
   * @throws IllegalArgumentException if a word of a caption is unknown
   */
  public List<float[]> sample(List<String> captions, long seed, IntConsumer done) {
    List<float[]> images = new ArrayList<>();
    for (int first = 0; first < captions.size(); first += settings.batchSize()) {
      List<String> part =
          captions.subList(first, Math.min(first + settings.batchSize(), captions.size()));
      Images batch = sample(part, seed, first);
      for (int i = 0; i < batch.count(); i++) {
        images.add(batch.image(i));
      }
      done.accept(images.size());
    }
    return images;
  }

  /**
   * Samples one batch of these pictures.
   *
   * @param first index of the first picture
   */
  public Images sample(List<String> captions, long seed, int first) {
    return sample(captions, Noise.philox(seed, Noise.streams(first, captions.size())));
  }

  /**
   * Samples one batch of pictures.
   *
   * @param noise for as many pictures as there are captions
   */
  public Images sample(List<String> captions, Noise noise) {
    return Autocast.in(settings.precision(), () -> sampleBatch(captions, noise));
  }

  /** The same sampler with another guidance scale. */
  public ShapesSampler guided(double scale) {
    return new ShapesSampler(model, pass, settings.withGuidanceScale(scale));
  }

  private Images sampleBatch(List<String> captions, Noise noise) {
    int count = captions.size();
    Device device = model.device();
    WordVectors vectors = new WordVectors(model.config().jointAttentionDim());
    try (var _ = device.memory().scope()) {
      Shape shape = Shape.of(count, ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE);
      Tensor start = noise.draw(device, Noise.INITIAL, shape);
      Tensor images =
          settings
              .toSampler()
              .batch(
                  prompt -> new MmditVelocity(model, prompt, pass, Timesteps.TRUNCATED),
                  Captions.encode(device, vectors, captions),
                  () -> Captions.empty(device, vectors, count))
              .sample(start, noise);
      return new Images(
          images.toFloats(), ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE);
    }
  }
}
