package org.diffusionnft.weights;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;

/** BF16 tensors whose names and shapes do not come from a file's header. */
public interface DeclaredTensors extends TensorSource {
  /** The shape of each tensor. */
  Map<String, Shape> shapes();

  @Override
  default Set<String> names() {
    return Collections.unmodifiableSet(shapes().keySet());
  }

  @Override
  default DType dtype(String name) {
    return DType.BF16;
  }

  @Override
  default Shape shape(String name) throws InvalidFileException {
    Shape shape = shapes().get(name);
    if (shape == null) {
      throw new InvalidFileException(path(), "has no tensor " + quote(name));
    }
    return shape;
  }

  @Override
  default void close() {}
}
