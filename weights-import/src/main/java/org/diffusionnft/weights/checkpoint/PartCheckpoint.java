package org.diffusionnft.weights.checkpoint;

import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;

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

  /** A step that may find a file invalid. */
  interface Step<T> {
    T run() throws InvalidFileException;
  }

  /** Runs a step on opened tensors, which are closed where it fails. */
  static <T> T closingOnFailure(TensorSource tensors, Step<T> step) throws InvalidFileException {
    boolean done = false;
    try {
      T result = step.run();
      done = true;
      return result;
    } finally {
      if (!done) {
        tensors.close();
      }
    }
  }
}
