package org.diffusionnft.weights.checkpoint;

import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;

/** A part of a model on disk. It must stay open while a model uses its tensors. */
interface PartCheckpoint extends AutoCloseable {
  /** Under the names of diffusers or transformers. */
  TensorSource tensors();

  /** What a model is built from. */
  default WeightSource weights(Device device) {
    return new CheckpointWeights(tensors(), device);
  }

  /** Unmaps the files. */
  @Override
  default void close() {
    tensors().close();
  }
}
