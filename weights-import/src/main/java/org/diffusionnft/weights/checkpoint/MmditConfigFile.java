package org.diffusionnft.weights.checkpoint;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Reads an MMDiT's configuration from the {@code config.json} that diffusers writes, or infers it
 * from the names and shapes of the tensors.
 */
public final class MmditConfigFile {
  private static final String CLASS = "SD3Transformer2DModel";
  private static final Set<String> KEYS =
      Set.of(
          "sample_size",
          "patch_size",
          "in_channels",
          "num_layers",
          "attention_head_dim",
          "num_attention_heads",
          "joint_attention_dim",
          "caption_projection_dim",
          "pooled_projection_dim",
          "out_channels",
          "pos_embed_max_size",
          "dual_attention_layers",
          "qk_norm");

  private MmditConfigFile() {}

  /**
   * Reads a {@code config.json}.
   *
   * @throws InvalidFileException for a missing or unknown key, or an invalid value
   */
  public static MmditConfig read(Path file) throws InvalidFileException {
    return parse(file, StrictJson.readObject(file));
  }

  /**
   * The configuration in a JSON object with the keys of diffusers' {@code SD3Transformer2DModel}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException see {@link #read}
   */
  public static MmditConfig parse(Path file, ObjectNode json) throws InvalidFileException {
    String type = json.path("_class_name").asText(CLASS);
    if (!type.equals(CLASS)) {
      throw new InvalidFileException(
          file, "is of a " + quote(type) + ", but only an " + CLASS + " is supported");
    }
    Set<String> unknown = new TreeSet<>();
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      if (!e.getKey().startsWith("_") && !KEYS.contains(e.getKey())) {
        unknown.add(quote(e.getKey()));
      }
    }
    if (!unknown.isEmpty()) {
      throw new InvalidFileException(
          file, "has unknown keys for an SD3Transformer2DModel: " + String.join(", ", unknown));
    }
    JsonNode out = json.path("out_channels");
    try {
      return new MmditConfig(
          integer(file, json, "sample_size"),
          integer(file, json, "patch_size"),
          integer(file, json, "in_channels"),
          integer(file, json, "num_layers"),
          integer(file, json, "attention_head_dim"),
          integer(file, json, "num_attention_heads"),
          integer(file, json, "joint_attention_dim"),
          integer(file, json, "caption_projection_dim"),
          integer(file, json, "pooled_projection_dim"),
          integer(file, json, out.isNull() || out.isMissingNode() ? "in_channels" : "out_channels"),
          integer(file, json, "pos_embed_max_size"),
          layers(file, json.path("dual_attention_layers")),
          qkNorm(file, json.path("qk_norm")));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** The inverse of {@link #parse}, as diffusers writes it. */
  public static ObjectNode toJson(MmditConfig config) {
    ObjectNode json = StrictJson.object();
    json.put("_class_name", CLASS);
    json.put("_diffusers_version", "0.40.0.dev0");
    json.put("attention_head_dim", config.attentionHeadDim());
    json.put("caption_projection_dim", config.captionProjectionDim());
    config.dualAttentionLayers().forEach(json.putArray("dual_attention_layers")::add);
    json.put("in_channels", config.inChannels());
    json.put("joint_attention_dim", config.jointAttentionDim());
    json.put("num_attention_heads", config.numAttentionHeads());
    json.put("num_layers", config.numLayers());
    json.put("out_channels", config.outChannels());
    json.put("patch_size", config.patchSize());
    json.put("pooled_projection_dim", config.pooledProjectionDim());
    json.put("pos_embed_max_size", config.posEmbedMaxSize());
    json.put("qk_norm", config.qkNorm() == QkNorm.RMS_NORM ? "rms_norm" : null);
    json.put("sample_size", config.sampleSize());
    return json;
  }

  private static int integer(Path file, ObjectNode json, String key) throws InvalidFileException {
    JsonNode node = json.path(key);
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw new InvalidFileException(
          file,
          "needs a whole number under "
              + quote(key)
              + ", not "
              + (node.isMissingNode() ? "nothing" : quote(node.toString())));
    }
    return node.asInt();
  }

  private static List<Integer> layers(Path file, JsonNode node) throws InvalidFileException {
    List<Integer> layers = new ArrayList<>();
    if (node.isNull() || node.isMissingNode()) {
      return layers;
    }
    if (!node.isArray()) {
      throw new InvalidFileException(
          file, "needs a list under 'dual_attention_layers', not " + quote(node.toString()));
    }
    for (JsonNode layer : node) {
      if (!layer.canConvertToInt() || !layer.isIntegralNumber()) {
        throw new InvalidFileException(
            file, "needs whole numbers under 'dual_attention_layers', not " + quote("" + layer));
      }
      layers.add(layer.asInt());
    }
    return layers;
  }

  private static QkNorm qkNorm(Path file, JsonNode node) throws InvalidFileException {
    if (node.isNull() || node.isMissingNode()) {
      return QkNorm.NONE;
    }
    if (node.asText().equals("rms_norm")) {
      return QkNorm.RMS_NORM;
    }
    throw new InvalidFileException(
        file, "has qk_norm " + quote(node.asText()) + ", but only 'rms_norm' or null is supported");
  }

  /**
   * Infers the configuration from names and shapes, which a single file requires. The head size is
   * that of the query norm's weight; without one there are as many heads as layers, as in Stable
   * Diffusion 3. The sample size cannot be inferred; it is 128 as in all published models, and
   * matters only if the position embedding is not stored.
   *
   * @param source tensors under diffusers names
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static MmditConfig infer(TensorSource source) throws InvalidFileException {
    Shape patch = TensorShapes.require(source, "pos_embed.proj.weight", 4);
    int width = patch.intDim(0);
    int patchSize = patch.intDim(2);
    int layers = 0;
    List<Integer> dual = new ArrayList<>();
    while (source.names().contains(block(layers) + ".attn.to_q.weight")) {
      if (source.names().contains(block(layers) + ".attn2.to_q.weight")) {
        dual.add(layers);
      }
      layers++;
    }
    if (layers == 0) {
      throw new InvalidFileException(source.path(), "has no transformer blocks");
    }
    String norm = block(0) + ".attn.norm_q.weight";
    boolean normed = source.names().contains(norm);
    int headDim = normed ? TensorShapes.require(source, norm, 1).intDim(0) : width / layers;
    if (headDim == 0 || width % headDim != 0) {
      throw new InvalidFileException(
          source.path(),
          "has width " + width + " and " + layers + " layers, from which no head size follows");
    }
    long positions = TensorShapes.require(source, "pos_embed.pos_embed", 3).dim(1);
    long side = Math.round(Math.sqrt((double) positions));
    if (side * side != positions) {
      throw new InvalidFileException(
          source.path(), "has " + positions + " stored positions, which is no square");
    }
    long outRows = TensorShapes.require(source, "proj_out.weight", 2).dim(0);
    try {
      return new MmditConfig(
          128,
          patchSize,
          patch.intDim(1),
          layers,
          headDim,
          width / headDim,
          TensorShapes.require(source, "context_embedder.weight", 2).intDim(1),
          width,
          TensorShapes.require(source, "time_text_embed.text_embedder.linear_1.weight", 2)
              .intDim(1),
          Math.toIntExact(outRows / Math.max(1, (long) patchSize * patchSize)),
          Math.toIntExact(side),
          dual,
          normed ? QkNorm.RMS_NORM : QkNorm.NONE);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid MMDiT: " + e.getMessage(), e);
    }
  }

  private static String block(int layer) {
    return "transformer_blocks." + layer;
  }
}
