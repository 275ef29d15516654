package org.diffusionnft.verify;

import java.nio.file.Path;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;

/** A file of tensors that a case does not have; requesting a tensor fails with that message. */
record NoTensors(Path path) implements TensorSource {
  @Override
  public Set<String> names() {
    return Set.of();
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    throw missing();
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    throw missing();
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    throw missing();
  }

  private InvalidFileException missing() {
    return new InvalidFileException(path, "no such file");
  }

  @Override
  public void close() {}
}
