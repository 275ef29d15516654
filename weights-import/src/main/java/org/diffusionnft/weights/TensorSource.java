package org.diffusionnft.weights;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;

/** Named tensors on disk, in one file or several. */
public interface TensorSource extends AutoCloseable {

  /** The file or folder named in error messages. */
  Path path();

  /** The names of all tensors, in data order. */
  Set<String> names();

  /**
   * The dtype a tensor is read as.
   *
   * @throws InvalidFileException if there is none with that name, or its storage type is not
   *     supported
   */
  DType dtype(String name) throws InvalidFileException;

  /**
   * The storage type of a tensor on disk, whether it can be read or not.
   *
   * @throws InvalidFileException if there is none with that name
   */
  default StoredType stored(String name) throws InvalidFileException {
    return StoredType.of(dtype(name));
  }

  /**
   * Dimensions of a tensor.
   *
   * @throws InvalidFileException if there is none with that name
   */
  Shape shape(String name) throws InvalidFileException;

  /**
   * A tensor, memory-mapped rather than copied if the device computes in this process and with the
   * stored type. It must not be used after {@link #close}.
   *
   * @throws InvalidFileException if there is none with that name, or its storage type is not
   *     supported
   */
  Tensor tensor(String name, Device device) throws InvalidFileException;

  /**
   * A tensor of another source.
   *
   * @param source the source that contains it
   * @param name its name in that source
   */
  record Place(TensorSource source, String name) {}

  /**
   * The tensors that a tensor is made of, for a source that renames, splits, joins or adds tensors
   * of files; none if it is stored here unchanged.
   *
   * @throws InvalidFileException if there is none with that name
   */
  default List<Place> madeOf(String name) throws InvalidFileException {
    return List.of();
  }

  /**
   * Checks the values of a tensor that was read.
   *
   * @throws InvalidFileException if one is NaN or infinite, naming the file and the tensor that
   *     contain it, whatever its name in this source
   */
  default void requireFinite(String name, Tensor tensor) throws InvalidFileException {
    NotFinite found = NotFinite.find(tensor);
    if (found != null) {
      for (Place place : madeOf(name)) {
        Tensor read = place.source().tensor(place.name(), tensor.device());
        place.source().requireFinite(place.name(), read);
      }
      throw new InvalidFileException(
          path(),
          "tensor %s of shape %s holds %s at number %d: the file is damaged, or comes from a run that diverged"
              .formatted(quote(name), tensor.shape(), found.what(), found.index()));
    }
  }

  /**
   * Checks all values, to explain a result that is not finite. Reads every file to its end.
   *
   * @param device reads them
   * @throws InvalidFileException naming the first tensor with a NaN or infinite value
   */
  default void requireFinite(Device device) throws InvalidFileException {
    for (String name : names()) {
      requireFinite(name, tensor(name, device));
    }
  }

  /** Unmaps the files. */
  @Override
  void close();
}
