package org.diffusionnft.weights;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A file's tensors under other names, such as those of a single file under diffusers' names.
 *
 * @param <O> the origin of a tensor in the file
 */
public abstract class RenamedTensors<O extends RenamedTensors.Named> implements TensorSource {
  /** The origin of a tensor in the file. */
  public interface Named {
    /** The name in the file. */
    String name();
  }

  /** The file with its own names; closed with this. */
  protected final TensorSource file;

  private final Map<String, O> origins;

  /**
   * Renames tensors.
   *
   * @param origins by new name
   */
  protected RenamedTensors(TensorSource file, Map<String, O> origins) {
    this.file = file;
    this.origins = origins;
  }

  /**
   * The origin of a tensor.
   *
   * @throws InvalidFileException if there is none with this name
   */
  protected final O origin(String name) throws InvalidFileException {
    O origin = origins.get(name);
    if (origin == null) {
      throw new InvalidFileException(path(), "has no tensor for " + quote(name));
    }
    return origin;
  }

  @Override
  public final Path path() {
    return file.path();
  }

  @Override
  public final Set<String> names() {
    return Collections.unmodifiableSet(origins.keySet());
  }

  @Override
  public final DType dtype(String name) throws InvalidFileException {
    return file.dtype(origin(name).name());
  }

  @Override
  public final StoredType stored(String name) throws InvalidFileException {
    return file.stored(origin(name).name());
  }

  @Override
  public final List<Place> madeOf(String name) throws InvalidFileException {
    return List.of(new Place(file, origin(name).name()));
  }

  @Override
  public void close() {
    file.close();
  }
}
