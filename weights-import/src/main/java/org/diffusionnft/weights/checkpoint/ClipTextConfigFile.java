package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextLayout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Reads a CLIP text encoder's configuration from {@code config.json}, or infers it from its
 * tensors.
 */
public final class ClipTextConfigFile {
  private static final Map<String, UnaryOp> ACTIVATIONS =
      Map.of(
          "quick_gelu", UnaryOp.QUICK_GELU,
          "gelu", UnaryOp.GELU_ERF,
          "gelu_new", UnaryOp.GELU_TANH,
          "gelu_pytorch_tanh", UnaryOp.GELU_TANH);

  /** Width of one head in all published models. */
  private static final int HEAD = 64;

  /** Width of OpenAI's CLIP-L, whose activation differs from that of OpenCLIP's models. */
  private static final int OPENAI_WIDTH = 768;

  private static final Set<String> READ =
      Set.of(
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "max_position_embeddings",
          "projection_dim",
          "hidden_act",
          "layer_norm_eps");

  private ClipTextConfigFile() {}

  /**
   * Reads a {@code config.json}.
   *
   * @throws InvalidFileException for a missing key or invalid value
   */
  public static ClipTextConfig read(Path file) throws InvalidFileException {
    return parse(file, StrictJson.readObject(file));
  }

  /**
   * The configuration in a JSON object with the keys of transformers' {@code CLIPTextConfig}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException see {@link #read}
   */
  public static ClipTextConfig parse(Path file, ObjectNode json) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    UnaryOp activation = activation(fields);
    TransformersConfig.requireOff(fields, "of a CLIP text encoder", READ);
    try {
      return new ClipTextConfig(
          fields.integer("vocab_size"),
          fields.integer("hidden_size"),
          fields.integer("intermediate_size"),
          fields.integer("num_hidden_layers"),
          fields.integer("num_attention_heads"),
          fields.integer("max_position_embeddings"),
          fields.integer("projection_dim"),
          activation,
          fields.number("layer_norm_eps", 1e-5),
          fields.integer("eos_token_id", ClipTextConfig.LARGEST_ID));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** The activation named by transformers' {@code hidden_act}. */
  public static UnaryOp activation(JsonFields fields) throws InvalidFileException {
    UnaryOp activation = ACTIVATIONS.get(fields.text("hidden_act"));
    if (activation == null) {
      throw fields.unsupported("hidden_act", ACTIVATIONS.keySet().stream().sorted().toList());
    }
    return activation;
  }

  /** The inverse of {@link #parse}, with the other keys that transformers writes. */
  public static ObjectNode toJson(ClipTextConfig config) {
    ObjectNode json = StrictJson.object();
    json.putArray("architectures").add("CLIPTextModelWithProjection");
    json.put("attention_dropout", 0.0);
    json.put("bos_token_id", 0);
    json.put("dropout", 0.0);
    json.put("eos_token_id", config.eosTokenId());
    json.put(
        "hidden_act",
        switch (config.activation()) {
          case QUICK_GELU -> "quick_gelu";
          case GELU_TANH -> "gelu_new";
          default -> "gelu";
        });
    json.put("hidden_size", config.hiddenSize());
    json.put("initializer_factor", 1.0);
    json.put("initializer_range", 0.02);
    json.put("intermediate_size", config.intermediateSize());
    json.put("layer_norm_eps", config.layerNormEps());
    json.put("max_position_embeddings", config.maxPositions());
    json.put("model_type", "clip_text_model");
    json.put("num_attention_heads", config.numHeads());
    json.put("num_hidden_layers", config.numLayers());
    json.put("pad_token_id", 1);
    json.put("projection_dim", config.projectionDim());
    json.put("vocab_size", config.vocabSize());
    return json;
  }

  /**
   * Infers the configuration from names and shapes: heads are 64 wide, and a model of CLIP-L's
   * width has OpenAI's activation, others OpenCLIP's.
   *
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static ClipTextConfig infer(TensorSource source) throws InvalidFileException {
    Shape tokens = TensorShapes.require(source, "text_model.embeddings.token_embedding.weight", 2);
    int width = tokens.intDim(1);
    Shape positions =
        TensorShapes.require(source, "text_model.embeddings.position_embedding.weight", 2);
    String inner = "text_model.encoder.layers.0.mlp.fc1.weight";
    boolean projects = source.names().contains(ClipTextLayout.PROJECTION);
    int layers = TensorShapes.count(source, "text_model.encoder.layers.", ".mlp.fc1.weight");
    if (width % HEAD != 0) {
      throw new InvalidFileException(
          source.path(), "has a text encoder of width " + width + ", which no head of 64 divides");
    }
    try {
      return new ClipTextConfig(
          tokens.intDim(0),
          width,
          TensorShapes.require(source, inner, 2).intDim(0),
          layers,
          width / HEAD,
          positions.intDim(0),
          projects ? TensorShapes.require(source, ClipTextLayout.PROJECTION, 2).intDim(0) : width,
          width == OPENAI_WIDTH ? UnaryOp.QUICK_GELU : UnaryOp.GELU_ERF,
          1e-5,
          ClipTextConfig.LARGEST_ID);
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid CLIP text encoder: " + e.getMessage(), e);
    }
  }
}
