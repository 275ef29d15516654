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

  /** What error messages name: a file or a folder. */
  Path path();

  /** The names of all tensors, in the order of the data. */
  Set<String> names();

  /**
   * Type of a tensor, as it is read.
   *
   * @throws InvalidFileException if there is none of that name, or nothing here computes with what
   *     it is stored as
   */
  DType dtype(String name) throws InvalidFileException;

  /**
   * Type of a tensor, as it lies on disk, whether it can be read or not.
   *
   * @throws InvalidFileException if there is none of that name
   */
  default StoredType stored(String name) throws InvalidFileException {
    return StoredType.of(dtype(name));
  }

  /**
   * Dimensions of a tensor.
   *
   * @throws InvalidFileException if there is none of that name
   */
  Shape shape(String name) throws InvalidFileException;

  /**
   * A tensor where it is on disk: mapped, not copied, where the device computes in this process and
   * with the stored type. It must not be used after {@link #close}.
   *
   * @throws InvalidFileException if there is none of that name, or nothing here computes with what
   *     it is stored as
   */
  Tensor tensor(String name, Device device) throws InvalidFileException;

  /**
   * A tensor of another source.
   *
   * @param source where it is
   * @param name its name there
   */
  record Place(TensorSource source, String name) {}

  /**
   * The tensors that one is made of, for a source that renames, cuts, joins or adds what lies in
   * files; none where it lies here as it is.
   *
   * @throws InvalidFileException if there is none of that name
   */
  default List<Place> madeOf(String name) throws InvalidFileException {
    return List.of();
  }

  /**
   * Checks numbers that were read.
   *
   * @throws InvalidFileException if one is NaN or infinite: it names the file and the tensor that
   *     the number lies in, whatever this source calls it
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
   * Checks all numbers, for whoever got a result that is none: this reads every file to its end.
   *
   * @param device reads them
   * @throws InvalidFileException that names the first tensor with a number that is NaN or infinite
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
