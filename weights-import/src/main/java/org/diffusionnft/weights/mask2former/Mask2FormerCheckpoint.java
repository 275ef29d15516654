package org.diffusionnft.weights.mask2former;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.models.mask2former.Mask2Former;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.ModelFamily;
import org.diffusionnft.weights.torch.TensorFiles;

/**
 * A Mask2Former on disk: a transformers folder with {@code config.json}, {@code model.safetensors}
 * and optionally {@code preprocessor_config.json}, or one file with the names of transformers or
 * mmdet, such as mmdet's {@code .pth}, from which only tensors are read. It must stay open while a
 * model uses its tensors.
 *
 * @param config the dimensions
 * @param labels class names from the configuration; empty without one
 * @param preprocessor how images are preprocessed
 * @param tensors under the names of transformers
 */
public record Mask2FormerCheckpoint(
    Mask2FormerConfig config,
    List<String> labels,
    Mask2FormerPreprocessor preprocessor,
    TensorSource tensors)
    implements AutoCloseable {
  private static final String BASE = "model";
  private static final String MARK = "model.transformer_module.queries_features.weight";

  /**
   * Opens a checkpoint.
   *
   * @throws InvalidFileException if it is missing or not a Mask2Former's
   */
  public static Mask2FormerCheckpoint open(Path path) throws InvalidFileException {
    boolean folder = Files.isDirectory(path);
    try (Opening opening = new Opening()) {
      TensorSource tensors =
          opening.add(folder ? ShardedTensors.open(path, BASE) : TensorFiles.open(path));
      TensorSource named = named(tensors);
      Path configFile = path.resolve("config.json");
      Path inputFile = path.resolve("preprocessor_config.json");
      Mask2FormerPreprocessor preprocessor =
          folder && Files.exists(inputFile)
              ? Mask2FormerPreprocessor.parse(inputFile, StrictJson.readObject(inputFile))
              : Mask2FormerPreprocessor.PUBLISHED;
      return opening.done(
          folder && Files.exists(configFile)
              ? of(configFile, StrictJson.readObject(configFile), preprocessor, named)
              : new Mask2FormerCheckpoint(
                  Mask2FormerConfigFile.infer(named), List.of(), preprocessor, named));
    }
  }

  /**
   * Opens a file with a given configuration.
   *
   * @param configFile the source of the configuration, for messages
   * @param config with the keys of transformers' {@code Mask2FormerConfig}
   * @throws InvalidFileException if either is not a Mask2Former's
   */
  public static Mask2FormerCheckpoint open(
      Path file, Path configFile, ObjectNode config, Mask2FormerPreprocessor preprocessor)
      throws InvalidFileException {
    try (Opening opening = new Opening()) {
      TensorSource tensors = opening.add(TensorFiles.open(file));
      return opening.done(of(configFile, config, preprocessor, named(tensors)));
    }
  }

  private static Mask2FormerCheckpoint of(
      Path file, ObjectNode config, Mask2FormerPreprocessor preprocessor, TensorSource tensors)
      throws InvalidFileException {
    return new Mask2FormerCheckpoint(
        Mask2FormerConfigFile.parse(file, config),
        Mask2FormerConfigFile.labels(file, config),
        preprocessor,
        tensors);
  }

  /**
   * Tensors under the names of transformers, given under those of transformers or mmdet.
   *
   * @throws InvalidFileException if they are neither
   */
  public static TensorSource named(TensorSource tensors) throws InvalidFileException {
    if (tensors.names().contains(MmdetKeyMap.MARK)) {
      return new MmdetFile(tensors);
    }
    if (!tensors.names().contains(MARK)) {
      throw new InvalidFileException(
          tensors.path(), "holds no Mask2Former: " + ModelFamily.sentence(tensors.names()));
    }
    return tensors;
  }

  /**
   * Creates the model.
   *
   * @throws org.diffusionnft.tensor.InvalidInputException if tensors are missing, unknown or have
   *     another shape
   */
  public Mask2Former load(Device device) {
    return Mask2Former.load(config, new CheckpointWeights(tensors, device));
  }

  /** Unmaps the files. */
  @Override
  public void close() {
    tensors.close();
  }
}
