package org.diffusionnft.weights.torch;

import java.nio.file.Path;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/** Files of tensors of either kind. */
public final class TensorFiles {
  private TensorFiles() {}

  /**
   * Opens a safetensors file, or one of PyTorch's by its name: {@code .pt}, {@code .pth} or {@code
   * .bin}.
   *
   * @throws InvalidFileException if it is missing or not what its name says
   */
  public static TensorSource open(Path file) throws InvalidFileException {
    String name = String.valueOf(file.getFileName());
    boolean torch = name.endsWith(".pt") || name.endsWith(".pth") || name.endsWith(".bin");
    return torch ? TorchFile.open(file) : SafetensorsFile.open(file);
  }
}
