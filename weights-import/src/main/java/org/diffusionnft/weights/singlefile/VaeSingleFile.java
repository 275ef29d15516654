package org.diffusionnft.weights.singlefile;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.RenamedTensors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.VaeKeyMap.Origin;

/** The autoencoder of a single file under the names and shapes of diffusers; nothing is copied. */
public final class VaeSingleFile extends RenamedTensors<Origin> {

  public VaeSingleFile(TensorSource file) {
    super(file, VaeKeyMap.diffusersNames(file.names()));
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
}
