package org.diffusionnft.weights.mask2former;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.RenamedTensors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.mask2former.MmdetKeyMap.Origin;
import org.diffusionnft.weights.mask2former.MmdetKeyMap.Part;

/** A Mask2Former written by mmdet, under the names and shapes of transformers. */
final class MmdetFile extends RenamedTensors<Origin> {

  MmdetFile(TensorSource file) {
    super(file, MmdetKeyMap.origins(file.names()));
  }

  /** The index of one of three equal runs of rows, or -1 for all rows. */
  private static int third(Origin origin) {
    return switch (origin.part()) {
      case WHOLE, UNFOLDED -> -1;
      case FIRST -> 0;
      case SECOND -> 1;
      case THIRD -> 2;
    };
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = file.shape(origin.name());
    if (third(origin) >= 0) {
      require(shape.rank() > 0 && shape.dim(0) % 3 == 0, origin, shape, "stack of three");
      return shape.with(0, shape.dim(0) / 3);
    }
    if (origin.part() == Part.UNFOLDED) {
      boolean fours = shape.rank() > 0 && shape.dim(shape.rank() - 1) % 4 == 0;
      require(fours, origin, shape, "norm or product of four tokens side by side");
    }
    return shape;
  }

  private void require(boolean sound, Origin origin, Shape shape, String what)
      throws InvalidFileException {
    if (!sound) {
      throw new InvalidFileException(
          path(), "tensor " + quote(origin.name()) + " of shape " + shape + " is no " + what);
    }
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = shape(name);
    Tensor tensor = file.tensor(origin.name(), device);
    int third = third(origin);
    if (third >= 0) {
      return tensor.narrow(third * shape.dim(0), shape.dim(0));
    }
    if (origin.part() == Part.UNFOLDED) {
      // theirs: channel, row, column; ours: column, row, channel
      long channels = shape.dim(shape.rank() - 1) / 4;
      Tensor apart = tensor.reshape(-1, channels, 2, 2);
      return Layout.permute(apart, 0, 3, 2, 1).reshape(shape);
    }
    return tensor;
  }
}
