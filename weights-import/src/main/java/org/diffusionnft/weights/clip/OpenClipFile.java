package org.diffusionnft.weights.clip;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.RenamedTensors;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.clip.OpenClipKeyMap.Origin;
import org.diffusionnft.weights.io.InvalidFileException;

/** A CLIP model written by OpenCLIP, under the names and shapes of transformers. */
final class OpenClipFile extends RenamedTensors<Origin> {

  OpenClipFile(TensorSource file) {
    super(file, OpenClipKeyMap.origins(file.names()));
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = file.shape(origin.name());
    if (origin.third() >= 0) {
      if (shape.rank() == 0 || shape.dim(0) % 3 != 0) {
        throw new InvalidFileException(
            path(),
            "tensor "
                + quote(origin.name())
                + " of shape "
                + shape
                + " is no stack of queries, keys and values");
      }
      return shape.with(0, shape.dim(0) / 3);
    }
    if (origin.transposed()) {
      TensorShapes.require(file, origin.name(), 2);
      return Shape.of(shape.dim(1), shape.dim(0));
    }
    return shape;
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Origin origin = origin(name);
    Shape shape = shape(name);
    Tensor tensor = file.tensor(origin.name(), device);
    if (origin.third() >= 0) {
      return tensor.narrow(origin.third() * shape.dim(0), shape.dim(0));
    }
    return origin.transposed() ? Layout.permute(tensor, 1, 0) : tensor;
  }
}
