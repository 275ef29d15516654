package org.diffusionnft.weights;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.io.InvalidFileException;

/** Shapes of a file's tensors, for inferring configurations. */
public final class TensorShapes {
  private TensorShapes() {}

  /**
   * The shape of a required tensor, with this rank and dimensions of a plausible size.
   *
   * @throws InvalidFileException if it is missing or has another rank
   */
  public static Shape require(TensorSource source, String name, int rank)
      throws InvalidFileException {
    Shape shape = source.shape(name);
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dim(i) > Integer.MAX_VALUE) {
        throw new InvalidFileException(
            source.path(), "tensor " + quote(name) + " of shape " + shape + " is too large");
      }
    }
    if (shape.rank() != rank) {
      throw new InvalidFileException(
          source.path(),
          "tensor " + quote(name) + " has shape " + shape + ", but rank " + rank + " is expected");
    }
    return shape;
  }

  /** Number of tensors {@code prefix0suffix, prefix1suffix, ...}. */
  public static int count(TensorSource source, String prefix, String suffix) {
    return count(source, prefix, suffix, 0);
  }

  /** Number of such tensors numbered from {@code first} without gaps. */
  public static int count(TensorSource source, String prefix, String suffix, int first) {
    int n = 0;
    while (source.names().contains(prefix + (first + n) + suffix)) {
      n++;
    }
    return n;
  }
}
