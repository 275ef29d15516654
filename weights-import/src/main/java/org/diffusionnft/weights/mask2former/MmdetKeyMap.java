package org.diffusionnft.weights.mask2former;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.weights.RenamedTensors;

/**
 * Maps transformers' names of a Mask2Former's tensors to mmdet's. An mmdet tensor may hold three of
 * ours (stacked queries, keys and values), or have its columns in another order (patch merging). A
 * row is a pattern of mmdet's, in which {@code #} stands for a number, and ours; the numbers are
 * the same, or one more where a row has {@code +}.
 */
final class MmdetKeyMap {

  /** The part of an mmdet tensor that a tensor is. */
  enum Part {
    /** All of it. */
    WHOLE,
    /** The first third of its rows. */
    FIRST,
    /** The second third. */
    SECOND,
    /** The last third. */
    THIRD,
    /** All of it; the channels of four tokens are ordered by token, not by channel. */
    UNFOLDED
  }

  /** An mmdet tensor and the part of it that is used. */
  record Origin(String name, Part part) implements RenamedTensors.Named {}

  private record Row(Pattern theirs, String ours, Part part) {}

  /** A tensor that identifies mmdet's files. */
  static final String MARK = "panoptic_head.query_feat.weight";

  private static final String PIXELS = "model.pixel_level_module.decoder.";
  private static final String SWIN = "model.pixel_level_module.encoder.";
  private static final String QUERIES = "model.transformer_module.";
  private static final String HEAD = "panoptic_head.";
  private static final String ENCODER = HEAD + "pixel_decoder.encoder.layers.#.";
  private static final String OUR_ENCODER = PIXELS + "encoder.layers.#.";
  private static final String DECODER = HEAD + "transformer_decoder.layers.#.";
  private static final String OUR_DECODER = QUERIES + "decoder.layers.#.";
  private static final String BLOCK = "backbone.stages.#.blocks.#.";
  private static final String OUR_BLOCK = SWIN + "encoder.layers.#.blocks.#.";

  /** Each has a weight and, where ours has one, a bias. */
  private static final List<Row> MODULES =
      List.of(
          row(HEAD + "cls_embed.", "class_predictor.", Part.WHOLE),
          row("backbone.patch_embed.projection.", SWIN + "embeddings.patch_embeddings.projection."),
          row("backbone.patch_embed.norm.", SWIN + "embeddings.norm."),
          row(BLOCK + "norm1.", OUR_BLOCK + "layernorm_before."),
          row(BLOCK + "norm2.", OUR_BLOCK + "layernorm_after."),
          row(BLOCK + "attn.w_msa.qkv.", OUR_BLOCK + "attention.self.query.", Part.FIRST),
          row(BLOCK + "attn.w_msa.qkv.", OUR_BLOCK + "attention.self.key.", Part.SECOND),
          row(BLOCK + "attn.w_msa.qkv.", OUR_BLOCK + "attention.self.value.", Part.THIRD),
          row(BLOCK + "attn.w_msa.proj.", OUR_BLOCK + "attention.output.dense."),
          row(BLOCK + "ffn.layers.0.0.", OUR_BLOCK + "intermediate.dense."),
          row(BLOCK + "ffn.layers.1.", OUR_BLOCK + "output.dense."),
          row(
              "backbone.stages.#.downsample.norm.",
              SWIN + "encoder.layers.#.downsample.norm.",
              Part.UNFOLDED),
          row(
              "backbone.stages.#.downsample.reduction.",
              SWIN + "encoder.layers.#.downsample.reduction.",
              Part.UNFOLDED),
          row("backbone.norm#.", SWIN + "hidden_states_norms.stage+."),
          row(HEAD + "pixel_decoder.input_convs.#.conv.", PIXELS + "input_projections.#.0."),
          row(HEAD + "pixel_decoder.input_convs.#.gn.", PIXELS + "input_projections.#.1."),
          row(HEAD + "pixel_decoder.lateral_convs.#.conv.", PIXELS + "adapter_+.0."),
          row(HEAD + "pixel_decoder.lateral_convs.#.gn.", PIXELS + "adapter_+.1."),
          row(HEAD + "pixel_decoder.output_convs.#.conv.", PIXELS + "layer_+.0."),
          row(HEAD + "pixel_decoder.output_convs.#.gn.", PIXELS + "layer_+.1."),
          row(HEAD + "pixel_decoder.mask_feature.", PIXELS + "mask_projection."),
          row(
              ENCODER + "attentions.0.sampling_offsets.",
              OUR_ENCODER + "self_attn.sampling_offsets."),
          row(
              ENCODER + "attentions.0.attention_weights.",
              OUR_ENCODER + "self_attn.attention_weights."),
          row(ENCODER + "attentions.0.value_proj.", OUR_ENCODER + "self_attn.value_proj."),
          row(ENCODER + "attentions.0.output_proj.", OUR_ENCODER + "self_attn.output_proj."),
          row(ENCODER + "norms.0.", OUR_ENCODER + "self_attn_layer_norm."),
          row(ENCODER + "norms.1.", OUR_ENCODER + "final_layer_norm."),
          row(ENCODER + "ffns.0.layers.0.0.", OUR_ENCODER + "fc1."),
          row(ENCODER + "ffns.0.layers.1.", OUR_ENCODER + "fc2."),
          row(DECODER + "attentions.0.attn.in_proj_", OUR_DECODER + "cross_attn.in_proj_"),
          row(DECODER + "attentions.0.attn.out_proj.", OUR_DECODER + "cross_attn.out_proj."),
          row(
              DECODER + "attentions.1.attn.in_proj_",
              OUR_DECODER + "self_attn.q_proj.",
              Part.FIRST),
          row(
              DECODER + "attentions.1.attn.in_proj_",
              OUR_DECODER + "self_attn.k_proj.",
              Part.SECOND),
          row(
              DECODER + "attentions.1.attn.in_proj_",
              OUR_DECODER + "self_attn.v_proj.",
              Part.THIRD),
          row(DECODER + "attentions.1.attn.out_proj.", OUR_DECODER + "self_attn.out_proj."),
          row(DECODER + "norms.0.", OUR_DECODER + "cross_attn_layer_norm."),
          row(DECODER + "norms.1.", OUR_DECODER + "self_attn_layer_norm."),
          row(DECODER + "norms.2.", OUR_DECODER + "final_layer_norm."),
          row(DECODER + "ffns.0.layers.0.0.", OUR_DECODER + "fc1."),
          row(DECODER + "ffns.0.layers.1.", OUR_DECODER + "fc2."),
          row(HEAD + "transformer_decoder.post_norm.", QUERIES + "decoder.layernorm."),
          row(HEAD + "query_embed.", QUERIES + "queries_embedder."),
          row(HEAD + "query_feat.", QUERIES + "queries_features."),
          row(HEAD + "level_embed.", QUERIES + "level_embed."),
          row(HEAD + "mask_embed.0.", QUERIES + "decoder.mask_predictor.mask_embedder.0.0."),
          row(HEAD + "mask_embed.2.", QUERIES + "decoder.mask_predictor.mask_embedder.1.0."),
          row(HEAD + "mask_embed.4.", QUERIES + "decoder.mask_predictor.mask_embedder.2.0."));

  /** Tensors whose names do not end in {@code weight} or {@code bias} on both sides. */
  private static final List<Row> TENSORS =
      List.of(
          row(
              BLOCK + "attn.w_msa.relative_position_bias_table",
              OUR_BLOCK + "attention.self.relative_position_bias_table"),
          row(
              BLOCK + "attn.w_msa.relative_position_index",
              OUR_BLOCK + "attention.self.relative_position_index"),
          row(HEAD + "pixel_decoder.level_encoding.weight", PIXELS + "level_embed"));

  private static final Pattern KIND = Pattern.compile("weight|bias");

  private MmdetKeyMap() {}

  /**
   * The origin of each tensor. Names without a row map to themselves, so that loading reports them.
   */
  static Map<String, Origin> origins(Set<String> names) {
    Map<String, Origin> origins = new LinkedHashMap<>();
    for (String name : names) {
      boolean known = false;
      int end = Math.max(name.lastIndexOf("weight"), name.lastIndexOf("bias"));
      if (end > 0 && KIND.matcher(name.substring(end)).matches()) {
        known = put(origins, MODULES, name, name.substring(0, end), name.substring(end));
      }
      if (!known && !put(origins, TENSORS, name, name, "")) {
        origins.put(name, new Origin(name, Part.WHOLE));
      }
    }
    return origins;
  }

  private static boolean put(
      Map<String, Origin> origins, List<Row> rows, String name, String key, String kind) {
    boolean found = false;
    for (Row row : rows) {
      Matcher matcher = row.theirs().matcher(key);
      if (matcher.matches()) {
        origins.put(ours(row, matcher) + kind, new Origin(name, row.part()));
        found = true;
      }
    }
    return found;
  }

  private static String ours(Row row, Matcher matcher) {
    String name = row.ours();
    for (int group = 1; group <= matcher.groupCount(); group++) {
      String number = matcher.group(group);
      name =
          name.contains("#")
              ? name.replaceFirst("#", number)
              : name.replaceFirst("\\+", Integer.toString(Integer.parseInt(number) + 1));
    }
    return name;
  }

  private static Row row(String theirs, String ours) {
    return row(theirs, ours, Part.WHOLE);
  }

  private static Row row(String theirs, String ours, Part part) {
    return new Row(
        Pattern.compile(theirs.replace(".", "\\.").replace("#", "(\\d{1,6})")), ours, part);
  }
}
