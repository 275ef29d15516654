package org.diffusionnft.weights;

import java.nio.file.Path;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
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
   * Type of a tensor.
   *
   * @throws InvalidFileException if there is none of that name
   */
  DType dtype(String name) throws InvalidFileException;

  /**
   * Dimensions of a tensor.
   *
   * @throws InvalidFileException if there is none of that name
   */
  Shape shape(String name) throws InvalidFileException;

  /**
   * A tensor where it is on disk: mapped, not copied, where the device computes in this process. It
   * must not be used after {@link #close}.
   *
   * @throws InvalidFileException if there is none of that name
   */
  Tensor tensor(String name, Device device) throws InvalidFileException;

  /** Unmaps the files. */
  @Override
  void close();
}
