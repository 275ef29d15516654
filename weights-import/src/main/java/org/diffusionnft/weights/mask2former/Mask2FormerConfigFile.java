package org.diffusionnft.weights.mask2former;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.mask2former.Mask2FormerLayout;
import org.diffusionnft.models.mask2former.SwinConfig;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.TransformersConfig;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/** Reads a Mask2Former's configuration from JSON, or infers it from its tensors. */
public final class Mask2FormerConfigFile {
  private static final int LARGEST_LIST = 1 << 14;
  private static final double EPS = 1e-5;

  private static final Map<String, UnaryOp> ACTIVATIONS =
      Map.of("relu", UnaryOp.RELU, "gelu", UnaryOp.GELU_ERF, "gelu_new", UnaryOp.GELU_TANH);

  /** Keys that are read, or have no effect on inference. */
  private static final Set<String> MODEL =
      Set.of(
          "activation_function",
          "backbone_config",
          "class_weight",
          "common_stride",
          "decoder_layers",
          "dice_weight",
          "dim_feedforward",
          "encoder_feedforward_dim",
          "encoder_layers",
          "feature_size",
          "feature_strides",
          "hidden_dim",
          "hidden_size",
          "ignore_value",
          "importance_sample_ratio",
          "init_std",
          "init_xavier_std",
          "mask_feature_size",
          "mask_weight",
          "no_object_weight",
          "num_attention_heads",
          "num_hidden_layers",
          "num_queries",
          "output_auxiliary_logits",
          "oversample_ratio",
          "pre_norm",
          "train_num_points",
          "use_auxiliary_loss");

  private static final Set<String> BACKBONE =
      Set.of(
          "attention_probs_dropout_prob",
          "depths",
          "drop_path_rate",
          "embed_dim",
          "encoder_stride",
          "hidden_act",
          "hidden_dropout_prob",
          "hidden_size",
          "image_size",
          "layer_norm_eps",
          "mlp_ratio",
          "num_channels",
          "num_heads",
          "num_layers",
          "out_features",
          "out_indices",
          "patch_size",
          "path_norm",
          "qkv_bias",
          "stage_names",
          "window_size");

  private Mask2FormerConfigFile() {}

  /**
   * The configuration in a JSON object with the keys of transformers' {@code Mask2FormerConfig}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException for a missing key or invalid value
   */
  public static Mask2FormerConfig parse(Path file, JsonNode json) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    TransformersConfig.requireOff(fields, "of a Mask2Former", MODEL);
    int width = fields.integer("hidden_dim");
    if (fields.integer("feature_size", width) != width) {
      throw new InvalidFileException(
          file,
          "has feature_size %d, but only that of hidden_dim, %d, is supported"
              .formatted(fields.integer("feature_size"), width));
    }
    SwinConfig backbone = backbone(file, json.path("backbone_config"));
    try {
      return new Mask2FormerConfig(
          backbone,
          width,
          fields.integer("mask_feature_size"),
          fields.integer("encoder_layers"),
          fields.integer("encoder_feedforward_dim"),
          fields.integer("decoder_layers") - 1,
          fields.integer("dim_feedforward"),
          fields.integer("num_attention_heads"),
          fields.integer("num_queries"),
          labels(file, json).size(),
          upLevels(fields, backbone),
          fields.flag("pre_norm", false),
          activation(fields, "activation_function"));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static SwinConfig backbone(Path file, JsonNode json) throws InvalidFileException {
    if (!json.isObject()) {
      throw new InvalidFileException(file, "has no object 'backbone_config'");
    }
    JsonFields fields = new JsonFields(file, json);
    if (!json.path("model_type").asText("swin").equals("swin")) {
      throw fields.unsupported("model_type", List.of("swin"));
    }
    if (fields.integer("num_channels", 3) != 3) {
      throw fields.unsupported("num_channels", List.of("3"));
    }
    TransformersConfig.requireOff(fields, "of a Swin backbone", BACKBONE);
    List<Integer> depths = list(fields, "depths");
    if (json.has("out_features") && json.path("out_features").size() != depths.size()) {
      throw new InvalidFileException(
          file, "has out_features other than all stages of the backbone: that is not supported");
    }
    try {
      return new SwinConfig(
          fields.integer("patch_size", 4),
          fields.integer("embed_dim"),
          depths,
          list(fields, "num_heads"),
          fields.integer("window_size"),
          fields.number("mlp_ratio", 4),
          fields.flag("qkv_bias", true),
          activation(fields, "hidden_act"),
          fields.number("layer_norm_eps", EPS));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static List<Integer> list(JsonFields fields, String key) throws InvalidFileException {
    return Arrays.stream(fields.integers(key)).boxed().toList();
  }

  private static UnaryOp activation(JsonFields fields, String key) throws InvalidFileException {
    UnaryOp activation = ACTIVATIONS.get(fields.text(key));
    if (activation == null) {
      throw fields.unsupported(key, ACTIVATIONS.keySet().stream().sorted().toList());
    }
    return activation;
  }

  /** Number of halvings between the masks and the finest map that attention uses. */
  private static int upLevels(JsonFields fields, SwinConfig backbone) throws InvalidFileException {
    int[] strides = fields.integers("feature_strides");
    int common = fields.integer("common_stride", 4);
    int stages = backbone.stages();
    if (strides.length != stages) {
      throw new InvalidFileException(
          fields.file(),
          "has %d feature_strides for %d stages of the backbone".formatted(strides.length, stages));
    }
    int stride = strides[stages - Mask2FormerConfig.LEVELS];
    if (common < 1 || stride < common) {
      throw new InvalidFileException(
          fields.file(),
          "has common_stride %d, which must be from 1 to the feature stride %d"
              .formatted(common, stride));
    }
    return 31 - Integer.numberOfLeadingZeros(stride / common);
  }

  /**
   * The class names of a configuration, in order.
   *
   * @throws InvalidFileException if the names are missing, or not numbered from 0 on
   */
  static List<String> labels(Path file, JsonNode json) throws InvalidFileException {
    JsonNode names = json.path("id2label");
    if (!names.isObject() || names.isEmpty() || names.size() > LARGEST_LIST) {
      throw new InvalidFileException(
          file, "needs an object under 'id2label' that names the classes by their numbers");
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      JsonNode name = names.path(Integer.toString(i));
      if (!name.isTextual() || name.asText().isBlank()) {
        throw new InvalidFileException(
            file, "has %d names in 'id2label', but none for class %d".formatted(names.size(), i));
      }
      labels.add(name.asText());
    }
    return labels;
  }

  /** The inverse of {@link #parse}, with numbers as class names. */
  public static ObjectNode toJson(Mask2FormerConfig config) {
    ObjectNode json = StrictJson.object();
    json.putArray("architectures").add("Mask2FormerForUniversalSegmentation");
    json.put("model_type", "mask2former");
    SwinConfig swin = config.backbone();
    ObjectNode backbone = json.putObject("backbone_config");
    backbone.put("model_type", "swin");
    backbone.put("patch_size", swin.patchSize());
    backbone.put("embed_dim", swin.width());
    swin.depths().forEach(backbone.putArray("depths")::add);
    swin.heads().forEach(backbone.putArray("num_heads")::add);
    backbone.put("window_size", swin.window());
    backbone.put("mlp_ratio", swin.mlpRatio());
    backbone.put("qkv_bias", swin.qkvBias());
    backbone.put("hidden_act", name(swin.activation()));
    backbone.put("layer_norm_eps", swin.layerNormEps());
    backbone.put("num_channels", 3);
    ArrayNode features = backbone.putArray("out_features");
    ArrayNode strides = json.putArray("feature_strides");
    for (int stage = 0; stage < swin.stages(); stage++) {
      features.add("stage" + (stage + 1));
      strides.add(swin.patchSize() << stage);
    }
    int finest = swin.patchSize() << (swin.stages() - Mask2FormerConfig.LEVELS);
    json.put("common_stride", finest >> config.upLevels());
    json.put("hidden_dim", config.features());
    json.put("feature_size", config.features());
    json.put("mask_feature_size", config.maskFeatures());
    json.put("encoder_layers", config.encoderLayers());
    json.put("encoder_feedforward_dim", config.encoderInner());
    json.put("decoder_layers", config.decoderLayers() + 1);
    json.put("dim_feedforward", config.decoderInner());
    json.put("num_attention_heads", config.heads());
    json.put("num_queries", config.queries());
    json.put("pre_norm", config.preNorm());
    json.put("activation_function", name(config.activation()));
    ObjectNode labels = json.putObject("id2label");
    for (int i = 0; i < config.classes(); i++) {
      labels.put(Integer.toString(i), "LABEL_" + i);
    }
    return json;
  }

  private static String name(UnaryOp activation) {
    return ACTIVATIONS.entrySet().stream()
        .filter(e -> e.getValue() == activation)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no name for " + activation));
  }

  /**
   * Infers the configuration from names and shapes; everything else is as in all published models.
   *
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static Mask2FormerConfig infer(TensorSource source) throws InvalidFileException {
    String swin = "model.pixel_level_module.encoder.";
    String pixels = "model.pixel_level_module.decoder.";
    String queries = "model.transformer_module.";
    Shape patches =
        TensorShapes.require(source, swin + "embeddings.patch_embeddings.projection.weight", 4);
    List<Integer> depths = new ArrayList<>();
    List<Integer> heads = new ArrayList<>();
    int window = 0;
    int stages = TensorShapes.count(source, swin + "hidden_states_norms.stage", ".weight", 1);
    for (int stage = 0; stage < stages; stage++) {
      String blocks = swin + "encoder.layers." + stage + ".blocks.";
      depths.add(TensorShapes.count(source, blocks, ".layernorm_before.weight"));
      Shape table =
          TensorShapes.require(source, blocks + "0.attention.self.relative_position_bias_table", 2);
      heads.add(table.intDim(1));
      window = ((int) Math.round(Math.sqrt(table.intDim(0))) + 1) / 2;
    }
    String first = swin + "encoder.layers.0.blocks.0.";
    Shape inner = TensorShapes.require(source, first + "intermediate.dense.weight", 2);
    Shape features = TensorShapes.require(source, queries + "queries_features.weight", 2);
    String encoder = pixels + "encoder.layers.";
    String decoder = queries + "decoder.layers.";
    int seen = Mask2FormerConfig.LEVELS * Mask2FormerLayout.POINTS;
    try {
      return new Mask2FormerConfig(
          new SwinConfig(
              patches.intDim(2),
              patches.intDim(0),
              depths,
              heads,
              window,
              (double) inner.intDim(0) / Math.max(1, inner.intDim(1)),
              source.names().contains(first + "attention.self.query.bias"),
              UnaryOp.GELU_ERF,
              EPS),
          features.intDim(1),
          TensorShapes.require(source, pixels + "mask_projection.weight", 4).intDim(0),
          TensorShapes.count(source, encoder, ".fc1.weight"),
          TensorShapes.require(source, encoder + "0.fc1.weight", 2).intDim(0),
          TensorShapes.count(source, decoder, ".fc1.weight"),
          TensorShapes.require(source, decoder + "0.fc1.weight", 2).intDim(0),
          TensorShapes.require(source, encoder + "0.self_attn.attention_weights.weight", 2)
                  .intDim(0)
              / seen,
          features.intDim(0),
          TensorShapes.require(source, "class_predictor.weight", 2).intDim(0) - 1,
          TensorShapes.count(source, pixels + "adapter_", ".0.weight", 1),
          false,
          UnaryOp.RELU);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid Mask2Former: " + e.getMessage(), e);
    }
  }
}
