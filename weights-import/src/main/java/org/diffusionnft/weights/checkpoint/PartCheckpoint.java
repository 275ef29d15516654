package org.diffusionnft.weights.checkpoint;

import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;

/** A part of a model on disk. It must stay open while a model uses its tensors. */
interface PartCheckpoint extends AutoCloseable {
  /** The tensors under the names of diffusers or transformers. */
  TensorSource tensors();

  /** The weight source for building the model. */
  default WeightSource weights(Device device) {
    return new CheckpointWeights(tensors(), device);
  }

  /** Unmaps the files. */
  @Override
  default void close() {
    tensors().close();
  }
}
