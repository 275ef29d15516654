package org.diffusionnft.shapes.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.diffusionnft.autograd.Autocast;
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
 * Makes pictures of the world. A picture depends on the seed, its number and its caption, not on
 * what is made beside it.
 *
 * @param model what predicts velocities
 * @param pass with which adapter
 * @param settings how to sample
 */
public record ShapesSampler(Mmdit model, ForwardPass pass, SamplingSettings settings) {
  /**
   * Makes one picture of each caption.
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
      int start = first;
      images.addAll(Autocast.in(settings.precision(), () -> sampleBatch(part, seed, start)));
      done.accept(images.size());
    }
    return images;
  }

  /** The same with guidance of another scale. */
  public ShapesSampler guided(double scale) {
    return new ShapesSampler(model, pass, settings.withGuidanceScale(scale));
  }

  private List<float[]> sampleBatch(List<String> captions, long seed, int first) {
    int count = captions.size();
    Device device = model.device();
    WordVectors vectors = new WordVectors(model.config().jointAttentionDim());
    try (var _ = device.memory().scope()) {
      Noise noise = Noise.philox(seed, Noise.streams(first, count));
      Shape shape = Shape.of(count, ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE);
      Tensor start = noise.draw(device, Noise.INITIAL, shape);
      Tensor images =
          settings
              .toSampler()
              .sample(
                  prompt -> new MmditVelocity(model, prompt, pass, Timesteps.TRUNCATED),
                  Captions.encode(device, vectors, captions),
                  () -> Captions.empty(device, vectors, count),
                  start,
                  noise);
      return split(images.toFloats(), count);
    }
  }

  private static List<float[]> split(float[] values, int count) {
    int size = values.length / count;
    List<float[]> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Arrays.copyOfRange(values, i * size, (i + 1) * size));
    }
    return images;
  }
}
