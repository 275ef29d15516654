package org.diffusionnft.weights.torch;

import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.FileKind;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;

/** Opens tensor files of either kind. */
public final class TensorFiles {
  private TensorFiles() {}

  /**
   * Opens a safetensors or PyTorch file, recognised by its first bytes.
   *
   * @throws InvalidFileException if it is missing or neither
   */
  public static TensorSource open(Path file) throws InvalidFileException {
    String name = String.valueOf(file.getFileName());
    boolean named = name.endsWith(".pt") || name.endsWith(".pth") || name.endsWith(".bin");
    boolean torch =
        Files.isRegularFile(file)
            ? switch (FileKind.of(file)) {
              case ZIP, PICKLE -> true;
              case SAFETENSORS -> false;
              default -> named;
            }
            : named;
    return torch ? TorchFile.open(file) : SafetensorsFile.open(file);
  }
}
