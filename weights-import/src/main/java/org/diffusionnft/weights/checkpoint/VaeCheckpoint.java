package org.diffusionnft.weights.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.VaeKeyMap;
import org.diffusionnft.weights.singlefile.VaeSingleFile;

/**
 * An autoencoder on disk, in either layout: a diffusers folder (or the pipeline's folder around
 * it), or one file with the names of diffusers or Stability AI. It must stay open while a model
 * uses its tensors.
 *
 * @param config as read, or inferred from names and shapes
 * @param tensors under diffusers names
 */
public record VaeCheckpoint(VaeConfig config, TensorSource tensors) implements PartCheckpoint {
  private static final String BASE = "diffusion_pytorch_model";

  /**
   * Opens a checkpoint.
   *
   * @throws InvalidFileException if it is missing or not an autoencoder's
   */
  public static VaeCheckpoint open(Path path) throws InvalidFileException {
    if (Files.isDirectory(path)) {
      Path folder = Files.isDirectory(path.resolve("vae")) ? path.resolve("vae") : path;
      VaeConfig config = VaeConfigFile.read(folder.resolve("config.json"));
      return new VaeCheckpoint(config, ShardedTensors.open(folder, BASE));
    }
    try (Opening opening = new Opening()) {
      TensorSource tensors = opening.add(openTensors(path));
      return opening.done(new VaeCheckpoint(VaeConfigFile.infer(tensors), tensors));
    }
  }

  /**
   * Opens a file of tensors with a given configuration.
   *
   * @throws InvalidFileException if it is missing or not a safetensors file
   */
  public static VaeCheckpoint open(Path file, VaeConfig config) throws InvalidFileException {
    return new VaeCheckpoint(config, openTensors(file));
  }

  private static TensorSource openTensors(Path file) throws InvalidFileException {
    SafetensorsFile tensors = SafetensorsFile.open(file);
    return VaeKeyMap.isSingleFile(tensors.names()) ? new VaeSingleFile(tensors) : tensors;
  }
}
