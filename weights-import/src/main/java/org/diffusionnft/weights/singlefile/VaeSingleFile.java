package org.diffusionnft.weights.singlefile;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.VaeKeyMap.Origin;

/** The autoencoder of a single file under the names and shapes of diffusers; nothing is copied. */
public final class VaeSingleFile implements TensorSource {
  private final TensorSource file;
  private final Map<String, Origin> origins;

  public VaeSingleFile(TensorSource file) {
    this.file = file;
    this.origins = VaeKeyMap.diffusersNames(file.names());
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(origins.keySet());
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    return file.dtype(origin(name).name());
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = file.shape(origin.name());
    boolean pointwise = shape.rank() == 4 && shape.dim(2) == 1 && shape.dim(3) == 1;
    return origin.matrix() && pointwise ? Shape.of(shape.dim(0), shape.dim(1)) : shape;
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    return file.tensor(origin(name).name(), device).reshape(shape(name));
  }

  private Origin origin(String name) throws InvalidFileException {
    Origin origin = origins.get(name);
    if (origin == null) {
      throw new InvalidFileException(path(), "has no tensor for " + quote(name));
    }
    return origin;
  }

  @Override
  public void close() {
    file.close();
  }
}
