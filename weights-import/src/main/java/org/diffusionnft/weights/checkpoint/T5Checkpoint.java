package org.diffusionnft.weights.checkpoint;

import java.util.function.Function;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Encoder;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.TensorSource;

/**
 * A T5 encoder on disk.
 *
 * @param config as read, or inferred from names and shapes
 * @param tensors under transformers names
 */
public record T5Checkpoint(T5Config config, TensorSource tensors) implements PartCheckpoint {

  /** Loads the encoder, lends it, and releases it. */
  public <R> R use(Device device, Function<T5Encoder, R> use) {
    try (T5Encoder encoder = T5Encoder.load(config, weights(device))) {
      return use.apply(encoder);
    }
  }
}
