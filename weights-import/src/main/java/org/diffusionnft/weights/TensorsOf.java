package org.diffusionnft.weights;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Some tensors of a file under other names. Closing this leaves the file open, for whoever opened
 * it.
 *
 * @param file the file that contains them
 * @param originals the file's names by those used here
 */
public record TensorsOf(TensorSource file, Map<String, String> originals) implements TensorSource {
  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(originals.keySet());
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    return file.dtype(original(name));
  }

  @Override
  public StoredType stored(String name) throws InvalidFileException {
    return file.stored(original(name));
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    return file.shape(original(name));
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    return file.tensor(original(name), device);
  }

  @Override
  public List<Place> madeOf(String name) throws InvalidFileException {
    return List.of(new Place(file, original(name)));
  }

  private String original(String name) throws InvalidFileException {
    String original = originals.get(name);
    if (original == null) {
      throw new InvalidFileException(file.path(), "has no tensor for " + quote(name));
    }
    return original;
  }

  @Override
  public void close() {}
}
