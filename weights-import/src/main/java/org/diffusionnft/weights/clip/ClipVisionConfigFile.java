package org.diffusionnft.weights.clip;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.clip.ClipVisionConfig;
import org.diffusionnft.models.clip.ClipVisionLayout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.TransformersConfig;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;

/** Reads a CLIP image encoder's configuration from JSON, or infers it from its tensors. */
public final class ClipVisionConfigFile {
  /** From this width on, all published models have 16 heads; narrower ones have heads of 64. */
  private static final int WIDE = 1024;

  private static final int HEADS_OF_WIDE = 16;
  private static final int HEAD = 64;

  private static final Set<String> READ =
      Set.of(
          "num_channels",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "image_size",
          "patch_size",
          "projection_dim",
          "hidden_act",
          "layer_norm_eps");

  private ClipVisionConfigFile() {}

  /**
   * The configuration in a JSON object with the keys of transformers' {@code CLIPVisionConfig}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException for a missing key or invalid value
   */
  public static ClipVisionConfig parse(Path file, ObjectNode json) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    if (fields.integer("num_channels", 3) != 3) {
      throw fields.unsupported("num_channels", List.of("3"));
    }
    TransformersConfig.requireOff(fields, "of a CLIP image encoder", READ);
    try {
      return new ClipVisionConfig(
          fields.integer("hidden_size"),
          fields.integer("intermediate_size"),
          fields.integer("num_hidden_layers"),
          fields.integer("num_attention_heads"),
          fields.integer("image_size"),
          fields.integer("patch_size"),
          fields.integer("projection_dim"),
          ClipTextConfigFile.activation(fields),
          fields.number("layer_norm_eps", 1e-5));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Infers the configuration from names and shapes.
   *
   * @param activation that of the accompanying text encoder, which is the same
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static ClipVisionConfig infer(TensorSource source, UnaryOp activation)
      throws InvalidFileException {
    Shape patches =
        TensorShapes.require(source, "vision_model.embeddings.patch_embedding.weight", 4);
    Shape positions =
        TensorShapes.require(source, "vision_model.embeddings.position_embedding.weight", 2);
    int width = patches.intDim(0);
    int patch = patches.intDim(2);
    int side = (int) Math.round(Math.sqrt(Math.max(0, positions.intDim(0) - 1)));
    try {
      return new ClipVisionConfig(
          width,
          TensorShapes.require(source, "vision_model.encoder.layers.0.mlp.fc1.weight", 2).intDim(0),
          TensorShapes.count(source, "vision_model.encoder.layers.", ".mlp.fc1.weight"),
          width >= WIDE ? HEADS_OF_WIDE : Math.max(1, width / HEAD),
          Math.multiplyExact(side, patch),
          patch,
          TensorShapes.require(source, ClipVisionLayout.PROJECTION, 2).intDim(0),
          activation,
          1e-5);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid CLIP image encoder: " + e.getMessage(), e);
    }
  }
}
