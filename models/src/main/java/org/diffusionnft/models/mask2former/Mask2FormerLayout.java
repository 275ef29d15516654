package org.diffusionnft.models.mask2former;

import static org.diffusionnft.models.mask2former.Mask2FormerConfig.LEVELS;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.Shape;

/** The tensors of a Mask2Former, as transformers names them in published files. */
public final class Mask2FormerLayout {
  /** Points that a head of deformable attention samples in each level. */
  public static final int POINTS = 4;

  /** Layers of the network that maps a query to a mask embedding. */
  static final int MASK_LAYERS = 3;

  static final String CLASSES = "class_predictor";
  static final String SWIN = "model.pixel_level_module.encoder.";
  static final String PATCHES = SWIN + "embeddings.patch_embeddings.projection";
  static final String PATCH_NORM = SWIN + "embeddings.norm";
  static final String PIXELS = "model.pixel_level_module.decoder.";
  static final String PIXEL_LEVELS = PIXELS + "level_embed";
  static final String MASK_FEATURES = PIXELS + "mask_projection";
  static final String QUERIES = "model.transformer_module.";
  static final String QUERY_POSITIONS = QUERIES + "queries_embedder.weight";
  static final String QUERY_FEATURES = QUERIES + "queries_features.weight";
  static final String QUERY_LEVELS = QUERIES + "level_embed.weight";
  static final String QUERY_NORM = QUERIES + "decoder.layernorm";
  static final String TABLE = ".attention.self.relative_position_bias_table";
  static final String IN_WEIGHT = ".cross_attn.in_proj_weight";
  static final String IN_BIAS = ".cross_attn.in_proj_bias";

  private static final Pattern IGNORED =
      Pattern.compile(
          "criterion\\.empty_weight|.*\\.relative_position_index"
              + "|model\\.pixel_level_module\\.encoder\\.(swin\\.)?layernorm\\.(weight|bias)");

  private final SequencedMap<String, Shape> shapes = new LinkedHashMap<>();

  private Mask2FormerLayout() {}

  /** Whether a tensor in a file is unused: loss weights, an index table, a norm. */
  public static boolean isIgnored(String name) {
    return IGNORED.matcher(name).matches();
  }

  /** Every parameter. */
  public static SequencedMap<String, Shape> parameters(Mask2FormerConfig config) {
    Mask2FormerLayout layout = new Mask2FormerLayout();
    layout.addBackbone(config.backbone());
    layout.addPixelDecoder(config);
    layout.addMaskDecoder(config);
    return Collections.unmodifiableSequencedMap(layout.shapes);
  }

  private void addBackbone(SwinConfig config) {
    int patch = config.patchSize();
    addConvolution(PATCHES, 3, config.width(), patch);
    addVector(PATCHES + ".bias", config.width());
    addNorm(PATCH_NORM, config.width());
    for (int stage = 0; stage < config.stages(); stage++) {
      long width = config.channels(stage);
      long span = 2L * config.window() - 1;
      for (int i = 0; i < config.depths().get(stage); i++) {
        String block = block(stage, i);
        addNorm(block + ".layernorm_before", width);
        for (String name : new String[] {"query", "key", "value"}) {
          addLinear(block + ".attention.self." + name, width, width, config.qkvBias());
        }
        shapes.put(block + TABLE, Shape.of(span * span, config.heads().get(stage)));
        addLinear(block + ".attention.output.dense", width, width, true);
        addNorm(block + ".layernorm_after", width);
        addLinear(block + ".intermediate.dense", width, config.inner(stage), true);
        addLinear(block + ".output.dense", config.inner(stage), width, true);
      }
      if (stage < config.stages() - 1) {
        addNorm(merge(stage) + ".norm", 4 * width);
        addLinear(merge(stage) + ".reduction", 4 * width, 2 * width, false);
      }
      addNorm(stageNorm(stage), width);
    }
  }

  private void addPixelDecoder(Mask2FormerConfig config) {
    long width = config.features();
    int stages = config.backbone().stages();
    long points = (long) config.heads() * LEVELS * POINTS;
    shapes.put(PIXEL_LEVELS, Shape.of(LEVELS, width));
    for (int level = 0; level < LEVELS; level++) {
      String name = inputProjection(level);
      addConvolution(name + ".0", config.backbone().channels(stages - 1 - level), width, 1);
      addVector(name + ".0.bias", width);
      addNorm(name + ".1", width);
    }
    for (int i = 0; i < config.encoderLayers(); i++) {
      String layer = encoderLayer(i);
      addLinear(layer + ".self_attn.sampling_offsets", width, 2 * points, true);
      addLinear(layer + ".self_attn.attention_weights", width, points, true);
      addLinear(layer + ".self_attn.value_proj", width, width, true);
      addLinear(layer + ".self_attn.output_proj", width, width, true);
      addNorm(layer + ".self_attn_layer_norm", width);
      addLinear(layer + ".fc1", width, config.encoderInner(), true);
      addLinear(layer + ".fc2", config.encoderInner(), width, true);
      addNorm(layer + ".final_layer_norm", width);
    }
    for (int i = 0; i < config.upLevels(); i++) {
      addConvolution(lateral(i) + ".0", config.backbone().channels(i), width, 1);
      addNorm(lateral(i) + ".1", width);
      addConvolution(smooth(i) + ".0", width, width, 3);
      addNorm(smooth(i) + ".1", width);
    }
    addConvolution(MASK_FEATURES, width, config.maskFeatures(), 1);
    addVector(MASK_FEATURES + ".bias", config.maskFeatures());
  }

  private void addMaskDecoder(Mask2FormerConfig config) {
    long width = config.features();
    shapes.put(QUERY_POSITIONS, Shape.of(config.queries(), width));
    shapes.put(QUERY_FEATURES, Shape.of(config.queries(), width));
    shapes.put(QUERY_LEVELS, Shape.of(LEVELS, width));
    for (int i = 0; i < config.decoderLayers(); i++) {
      String layer = decoderLayer(i);
      shapes.put(layer + IN_WEIGHT, Shape.of(3 * width, width));
      addVector(layer + IN_BIAS, 3 * width);
      addLinear(layer + ".cross_attn.out_proj", width, width, true);
      addNorm(layer + ".cross_attn_layer_norm", width);
      for (String name : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        addLinear(layer + ".self_attn." + name, width, width, true);
      }
      addNorm(layer + ".self_attn_layer_norm", width);
      addLinear(layer + ".fc1", width, config.decoderInner(), true);
      addLinear(layer + ".fc2", config.decoderInner(), width, true);
      addNorm(layer + ".final_layer_norm", width);
    }
    addNorm(QUERY_NORM, width);
    for (int i = 0; i < MASK_LAYERS; i++) {
      addLinear(maskLayer(i), width, i < MASK_LAYERS - 1 ? width : config.maskFeatures(), true);
    }
    addLinear(CLASSES, width, config.classes() + 1L, true);
  }

  private void addLinear(String name, long in, long out, boolean bias) {
    shapes.put(name + ".weight", Shape.of(out, in));
    if (bias) {
      addVector(name + ".bias", out);
    }
  }

  private void addConvolution(String name, long in, long out, long side) {
    shapes.put(name + ".weight", Shape.of(out, in, side, side));
  }

  private void addNorm(String name, long width) {
    addVector(name + ".weight", width);
    addVector(name + ".bias", width);
  }

  private void addVector(String name, long width) {
    shapes.put(name, Shape.of(width));
  }

  static String block(int stage, int index) {
    return SWIN + "encoder.layers." + stage + ".blocks." + index;
  }

  static String merge(int stage) {
    return SWIN + "encoder.layers." + stage + ".downsample";
  }

  static String stageNorm(int stage) {
    return SWIN + "hidden_states_norms.stage" + (stage + 1);
  }

  static String inputProjection(int level) {
    return PIXELS + "input_projections." + level;
  }

  static String encoderLayer(int index) {
    return PIXELS + "encoder.layers." + index;
  }

  static String lateral(int stage) {
    return PIXELS + "adapter_" + (stage + 1);
  }

  static String smooth(int stage) {
    return PIXELS + "layer_" + (stage + 1);
  }

  static String decoderLayer(int index) {
    return QUERIES + "decoder.layers." + index;
  }

  static String maskLayer(int index) {
    return QUERIES + "decoder.mask_predictor.mask_embedder." + index + ".0";
  }
}
