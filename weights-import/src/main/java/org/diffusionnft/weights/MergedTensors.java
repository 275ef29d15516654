package org.diffusionnft.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.NumbersTooLarge;
import org.jspecify.annotations.Nullable;

/**
 * A transformer's tensors with an adapter merged in, {@code W + alpha/r · B A}, each computed on
 * demand in F32 and rounded once, to the dtype it is written in.
 *
 * @param base the base model's tensors under diffusers names
 * @param adapter on the device for which tensors are requested
 * @param written dtype that floating-point tensors are rounded to; null for that of {@code W}
 */
public record MergedTensors(TensorSource base, Adapter adapter, @Nullable DType written)
    implements TensorSource {
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
    DType dtype = base.dtype(name);
    return written != null && dtype.isFloating() ? written : dtype;
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    return base.shape(name);
  }

  @Override
  public List<Place> madeOf(String name) {
    return List.of(new Place(base, name));
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Tensor weight = base.tensor(name, device);
    DType dtype = dtype(name);
    String module = name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : "";
    if (adapter.find(module) == null) {
      return weight.dtype() == dtype ? weight : rounded(name, weight, weight, dtype);
    }
    if (!dtype.isFloating()) {
      throw new InvalidFileException(
          path(),
          "tensor "
              + InvalidFileException.quote(name)
              + " is "
              + dtype
              + ": no adapter can be merged into quantised weights");
    }
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor merged = rounded(name, weight, adapter.merged(module, weight), dtype);
      scope.keep(merged.storage());
      return merged;
    }
  }

  private Tensor rounded(String name, Tensor weight, Tensor exact, DType dtype)
      throws InvalidFileException {
    Tensor rounded = Elementwise.convert(exact, dtype);
    if (NotFinite.find(rounded) != null) {
      base.requireFinite(name, weight);
      throw NumbersTooLarge.of(path(), name, exact != weight, dtype);
    }
    return rounded;
  }

  @Override
  public void close() {
    base.close();
  }
}
