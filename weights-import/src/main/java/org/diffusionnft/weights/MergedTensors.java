package org.diffusionnft.weights;

import java.nio.file.Path;
import java.util.Set;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A transformer's tensors with an adapter merged in, {@code W + alpha/r · B A}, each computed when
 * it is asked for, in F32, and rounded to the dtype of {@code W}.
 *
 * @param base under diffusers names
 * @param adapter on the device that tensors are asked for
 */
public record MergedTensors(TensorSource base, Adapter adapter) implements TensorSource {
  private static final String WEIGHT = ".weight";

  @Override
  public Path path() {
    return base.path();
  }

  @Override
  public Set<String> names() {
    return base.names();
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    return base.dtype(name);
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    return base.shape(name);
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Tensor weight = base.tensor(name, device);
    if (!name.endsWith(WEIGHT)) {
      return weight;
    }
    String module = name.substring(0, name.length() - WEIGHT.length());
    if (adapter.find(module) == null) {
      return weight;
    }
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor merged = Elementwise.convert(adapter.merged(module, weight), weight.dtype());
      scope.keep(merged.storage());
      return merged;
    }
  }

  @Override
  public void close() {
    base.close();
  }
}
