package org.diffusionnft.weights;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A model's weight source backed by files, for one device. The tensors are valid while the files
 * are open.
 */
public record CheckpointWeights(TensorSource source, Device device) implements WeightSource {
  @Override
  public Tensor get(String name, Shape expected) {
    try {
      Shape found = source.shape(name);
      if (!found.equals(expected)) {
        throw new InvalidInputException(
            source.path()
                + ": tensor '"
                + name
                + "' has shape "
                + found
                + ", but "
                + expected
                + " is expected");
      }
      if (!source.dtype(name).isFloating()) {
        throw new InvalidInputException(
            source.path()
                + ": tensor '"
                + name
                + "' is "
                + source.dtype(name)
                + ", but floating-point is expected: quantised models are not supported");
      }
      return source.tensor(name, device);
    } catch (InvalidFileException e) {
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void requireRoom() {
    try {
      Map<DType, Long> bytes = new EnumMap<>(DType.class);
      for (String name : source.names()) {
        DType dtype = source.dtype(name);
        bytes.merge(dtype, source.shape(name).elements() * dtype.bytes(), Long::sum);
      }
      device.requireRoom(bytes);
    } catch (InvalidFileException e) {
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String describe() {
    return source.path() + ": its tensors";
  }

  @Override
  public Set<String> names() {
    return source.names();
  }
}
