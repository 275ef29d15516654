package org.diffusionnft.weights.clip;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.clip.ClipModel;
import org.diffusionnft.models.clip.ClipVisionConfig;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.ModelFamily;
import org.diffusionnft.weights.torch.TensorFiles;

/**
 * A full CLIP model on disk: a transformers folder with {@code config.json} and {@code
 * model.safetensors}, or one file with the names of transformers or OpenCLIP. It must stay open
 * while a model uses its tensors.
 *
 * @param text dimensions of the text encoder
 * @param vision dimensions of the image encoder
 * @param tensors under the names of transformers
 */
public record ClipCheckpoint(ClipTextConfig text, ClipVisionConfig vision, TensorSource tensors)
    implements AutoCloseable {
  private static final String BASE = "model";

  /**
   * Opens a checkpoint.
   *
   * @throws InvalidFileException if it is missing or not a CLIP model's
   */
  public static ClipCheckpoint open(Path path) throws InvalidFileException {
    boolean folder = Files.isDirectory(path);
    try (Opening opening = new Opening()) {
      TensorSource tensors =
          opening.add(folder ? ShardedTensors.open(path, BASE) : TensorFiles.open(path));
      Path configFile = path.resolve("config.json");
      return opening.done(
          folder && Files.exists(configFile)
              ? of(configFile, StrictJson.readObject(configFile), named(tensors))
              : infer(named(tensors)));
    }
  }

  /**
   * Opens a safetensors file with a given configuration.
   *
   * @param configFile the source of the configuration, for messages
   * @param config with the keys of transformers' {@code CLIPConfig}
   * @throws InvalidFileException if either is not a CLIP model's
   */
  public static ClipCheckpoint open(Path file, Path configFile, ObjectNode config)
      throws InvalidFileException {
    try (Opening opening = new Opening()) {
      TensorSource tensors = opening.add(SafetensorsFile.open(file));
      return opening.done(of(configFile, config, named(tensors)));
    }
  }

  private static ClipCheckpoint of(Path file, ObjectNode config, TensorSource tensors)
      throws InvalidFileException {
    ObjectNode text = part(file, config, "text_config");
    ObjectNode vision = part(file, config, "vision_config");
    if (config.has("projection_dim")) { // the model's own value overrides those of its parts
      text.set("projection_dim", config.get("projection_dim"));
      vision.set("projection_dim", config.get("projection_dim"));
    }
    return new ClipCheckpoint(
        ClipTextConfigFile.parse(file, text), ClipVisionConfigFile.parse(file, vision), tensors);
  }

  private static ObjectNode part(Path file, ObjectNode config, String key)
      throws InvalidFileException {
    if (config.get(key) instanceof ObjectNode part) {
      return part.deepCopy();
    }
    throw new InvalidFileException(
        file, "has no '" + key + "': a CLIP model with text and image encoder is needed");
  }

  private static ClipCheckpoint infer(TensorSource tensors) throws InvalidFileException {
    if (!tensors.names().contains("vision_model.embeddings.patch_embedding.weight")) {
      throw new InvalidFileException(
          tensors.path(),
          "holds no CLIP model with its image encoder: " + ModelFamily.sentence(tensors.names()));
    }
    ClipTextConfig text = ClipTextConfigFile.infer(tensors);
    return new ClipCheckpoint(
        text, ClipVisionConfigFile.infer(tensors, text.activation()), tensors);
  }

  private static TensorSource named(TensorSource tensors) {
    return OpenClipKeyMap.isOpenClip(tensors.names()) ? new OpenClipFile(tensors) : tensors;
  }

  /**
   * Creates the model.
   *
   * @throws IllegalArgumentException if tensors are missing, unknown or have another shape
   */
  public ClipModel load(Device device) {
    return ClipModel.load(text, vision, new CheckpointWeights(tensors, device));
  }

  /** Unmaps the files. */
  @Override
  public void close() {
    tensors.close();
  }
}
