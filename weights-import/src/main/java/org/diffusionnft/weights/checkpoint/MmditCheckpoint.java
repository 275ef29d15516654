package org.diffusionnft.weights.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.MmditKeyMap;
import org.diffusionnft.weights.singlefile.MmditSingleFile;
import org.diffusionnft.weights.singlefile.ModelFamily;

/**
 * A transformer on disk, in either layout: a diffusers folder with {@code config.json} and {@code
 * diffusion_pytorch_model.safetensors} (or the pipeline's folder around it), or one file with the
 * names of diffusers or Stability AI. It must stay open while a model uses its tensors.
 *
 * @param config as read, or inferred from names and shapes
 * @param tensors under diffusers names
 */
public record MmditCheckpoint(MmditConfig config, TensorSource tensors) implements PartCheckpoint {
  private static final String BASE = "diffusion_pytorch_model";

  /**
   * Opens a checkpoint.
   *
   * @throws InvalidFileException if it is missing or not an MMDiT's
   */
  public static MmditCheckpoint open(Path path) throws InvalidFileException {
    if (!Files.isDirectory(path)) {
      try (Opening opening = new Opening()) {
        TensorSource tensors = opening.add(openTensors(path));
        return opening.done(new MmditCheckpoint(infer(tensors), tensors));
      }
    }
    Path folder =
        Files.isDirectory(path.resolve("transformer")) ? path.resolve("transformer") : path;
    MmditConfig config = MmditConfigFile.read(folder.resolve("config.json"));
    return new MmditCheckpoint(config, ShardedTensors.open(folder, BASE));
  }

  /**
   * Opens a file of tensors with a given configuration.
   *
   * @throws InvalidFileException if it is missing or not a safetensors file
   */
  public static MmditCheckpoint open(Path file, MmditConfig config) throws InvalidFileException {
    return new MmditCheckpoint(config, openTensors(file));
  }

  private static TensorSource openTensors(Path file) throws InvalidFileException {
    SafetensorsFile tensors = SafetensorsFile.open(file);
    return MmditKeyMap.isSingleFile(tensors.names()) ? new MmditSingleFile(tensors) : tensors;
  }

  private static MmditConfig infer(TensorSource tensors) throws InvalidFileException {
    if (!tensors.names().contains("transformer_blocks.0.attn.to_q.weight")
        || !tensors.names().contains("context_embedder.weight")) {
      throw new InvalidFileException(
          tensors.path(),
          "holds no Stable Diffusion 3 transformer: " + ModelFamily.sentence(tensors.names()));
    }
    return MmditConfigFile.infer(tensors);
  }
}
