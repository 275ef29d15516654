package org.diffusionnft.weights.checkpoint;

import java.util.function.Function;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextEncoder;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.TensorSource;

/**
 * A CLIP text encoder on disk.
 *
 * @param config as read, or inferred from names and shapes
 * @param tensors under transformers names
 */
public record ClipTextCheckpoint(ClipTextConfig config, TensorSource tensors)
    implements PartCheckpoint {

  /** Loads the encoder, lends it, and releases it. */
  public <R> R use(Device device, Function<ClipTextEncoder, R> use) {
    try (ClipTextEncoder encoder = ClipTextEncoder.load(config, weights(device))) {
      return use.apply(encoder);
    }
  }
}
