package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Reads a T5 v1.1 encoder's configuration from {@code config.json}, or infers it from its tensors.
 */
public final class T5ConfigFile {
  private static final int MAX_DISTANCE = 128;
  private static final double EPS = 1e-6;

  private static final Set<String> READ =
      Set.of(
          "vocab_size",
          "d_model",
          "d_kv",
          "d_ff",
          "num_layers",
          "num_heads",
          "relative_attention_num_buckets",
          "relative_attention_max_distance",
          "layer_norm_epsilon",
          "feed_forward_proj",
          "dense_act_fn",
          "is_gated_act");

  private T5ConfigFile() {}

  /**
   * Reads a {@code config.json}.
   *
   * @throws InvalidFileException for a missing key or invalid value, or the original T5, whose
   *     feed-forward networks have no gate
   */
  public static T5Config read(Path file) throws InvalidFileException {
    return parse(file, StrictJson.readObject(file));
  }

  /**
   * The configuration in a JSON object with the keys of transformers' {@code T5Config}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException see {@link #read}
   */
  public static T5Config parse(Path file, ObjectNode json) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    if (!fields.text("feed_forward_proj").equals("gated-gelu")) {
      throw fields.unsupported("feed_forward_proj", List.of("gated-gelu"));
    }
    fields.require("model_type", TextNode.valueOf("t5"));
    fields.require("dense_act_fn", TextNode.valueOf("gelu_new"));
    TransformersConfig.requireOff(fields, "of a T5 encoder", READ);
    try {
      return new T5Config(
          fields.integer("vocab_size"),
          fields.integer("d_model"),
          fields.integer("d_kv"),
          fields.integer("d_ff"),
          fields.integer("num_layers"),
          fields.integer("num_heads"),
          fields.integer("relative_attention_num_buckets", 32),
          fields.integer("relative_attention_max_distance", MAX_DISTANCE),
          fields.number("layer_norm_epsilon", EPS));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** The inverse of {@link #parse}, with the other keys that transformers writes. */
  public static ObjectNode toJson(T5Config config) {
    ObjectNode json = StrictJson.object();
    json.putArray("architectures").add("T5EncoderModel");
    json.put("d_ff", config.feedForwardDim());
    json.put("d_kv", config.headDim());
    json.put("d_model", config.modelDim());
    json.put("dense_act_fn", "gelu_new");
    json.put("dropout_rate", 0.1);
    json.put("eos_token_id", 1);
    json.put("feed_forward_proj", "gated-gelu");
    json.put("initializer_factor", 1.0);
    json.put("is_encoder_decoder", true);
    json.put("is_gated_act", true);
    json.put("layer_norm_epsilon", config.normEps());
    json.put("model_type", "t5");
    json.put("num_decoder_layers", config.numLayers());
    json.put("num_heads", config.numHeads());
    json.put("num_layers", config.numLayers());
    json.put("pad_token_id", 0);
    json.put("relative_attention_max_distance", config.maxDistance());
    json.put("relative_attention_num_buckets", config.buckets());
    json.put("tie_word_embeddings", false);
    json.put("use_cache", true);
    json.put("vocab_size", config.vocabSize());
    return json;
  }

  /**
   * Infers the configuration from names and shapes.
   *
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static T5Config infer(TensorSource source) throws InvalidFileException {
    boolean shared = source.names().contains(T5Layout.TOKENS);
    Shape tokens = TensorShapes.require(source, shared ? T5Layout.TOKENS : T5Layout.TIED_TOKENS, 2);
    String first = "encoder.block.0.layer.";
    Shape bias =
        TensorShapes.require(source, first + "0.SelfAttention.relative_attention_bias.weight", 2);
    Shape queries = TensorShapes.require(source, first + "0.SelfAttention.q.weight", 2);
    int heads = bias.intDim(1);
    if (heads == 0 || queries.dim(0) % heads != 0) {
      throw new InvalidFileException(
          source.path(),
          "has " + heads + " attention heads in " + queries.dim(0) + " rows, which do not divide");
    }
    try {
      return new T5Config(
          tokens.intDim(0),
          tokens.intDim(1),
          queries.intDim(0) / heads,
          TensorShapes.require(source, first + "1.DenseReluDense.wi_0.weight", 2).intDim(0),
          TensorShapes.count(source, "encoder.block.", ".layer.0.SelfAttention.q.weight"),
          heads,
          bias.intDim(0),
          MAX_DISTANCE,
          EPS);
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid T5 encoder: " + e.getMessage(), e);
    }
  }
}
