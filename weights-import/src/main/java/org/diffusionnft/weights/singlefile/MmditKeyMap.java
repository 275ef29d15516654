package org.diffusionnft.weights.singlefile;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.weights.RenamedTensors;

/**
 * How the names of Stability AI's single files ({@code sd3.5_medium.safetensors}) correspond to
 * those of diffusers. One row of {@link #MODEL} or {@link #BLOCK} per module; every module has a
 * {@code .weight} and, except for the norms, a {@code .bias}.
 *
 * <p>Sources: {@code mmditx.py} of Stability-AI/sd3.5 and {@code
 * convert_sd3_transformer_checkpoint_to_diffusers} of diffusers.
 */
public final class MmditKeyMap {

  /** The part of a single-file tensor that a diffusers tensor is. */
  enum Part {
    /** All of it. */
    WHOLE,
    /** The first third of the rows: a {@code qkv} is [q; k; v]. */
    Q,
    /** The second third of the rows. */
    K,
    /** The last third of the rows. */
    V,
    /**
     * All of it, halves swapped: a final modulation is (shift, scale) in the single file and
     * (scale, shift) in diffusers.
     */
    SWAPPED,
    /** {@link #SWAPPED} in the last block, whose text stream ends there; else {@link #WHOLE}. */
    SWAPPED_IN_LAST_BLOCK
  }

  private record Row(String single, String diffusers, Part part) {}

  /** A single-file tensor and the part of it that is used; never SWAPPED_IN_LAST_BLOCK. */
  record Origin(String name, Part part) implements RenamedTensors.Named {}

  static final String PREFIX = "model.diffusion_model.";

  private static final List<Row> MODEL =
      List.of(
          row("pos_embed", "pos_embed.pos_embed"),
          row("x_embedder.proj", "pos_embed.proj"),
          row("t_embedder.mlp.0", "time_text_embed.timestep_embedder.linear_1"),
          row("t_embedder.mlp.2", "time_text_embed.timestep_embedder.linear_2"),
          row("y_embedder.mlp.0", "time_text_embed.text_embedder.linear_1"),
          row("y_embedder.mlp.2", "time_text_embed.text_embedder.linear_2"),
          row("context_embedder", "context_embedder"),
          row("final_layer.adaLN_modulation.1", "norm_out.linear", Part.SWAPPED),
          row("final_layer.linear", "proj_out"));

  /** Under {@code joint_blocks.N.} and {@code transformer_blocks.N.}. */
  private static final List<Row> BLOCK =
      List.of(
          row("x_block.adaLN_modulation.1", "norm1.linear"),
          row("x_block.attn.qkv", "attn.to_q", Part.Q),
          row("x_block.attn.qkv", "attn.to_k", Part.K),
          row("x_block.attn.qkv", "attn.to_v", Part.V),
          row("x_block.attn.ln_q", "attn.norm_q"),
          row("x_block.attn.ln_k", "attn.norm_k"),
          row("x_block.attn.proj", "attn.to_out.0"),
          row("x_block.attn2.qkv", "attn2.to_q", Part.Q),
          row("x_block.attn2.qkv", "attn2.to_k", Part.K),
          row("x_block.attn2.qkv", "attn2.to_v", Part.V),
          row("x_block.attn2.ln_q", "attn2.norm_q"),
          row("x_block.attn2.ln_k", "attn2.norm_k"),
          row("x_block.attn2.proj", "attn2.to_out.0"),
          row("x_block.mlp.fc1", "ff.net.0.proj"),
          row("x_block.mlp.fc2", "ff.net.2"),
          row(
              "context_block.adaLN_modulation.1",
              "norm1_context.linear",
              Part.SWAPPED_IN_LAST_BLOCK),
          row("context_block.attn.qkv", "attn.add_q_proj", Part.Q),
          row("context_block.attn.qkv", "attn.add_k_proj", Part.K),
          row("context_block.attn.qkv", "attn.add_v_proj", Part.V),
          row("context_block.attn.ln_q", "attn.norm_added_q"),
          row("context_block.attn.ln_k", "attn.norm_added_k"),
          row("context_block.attn.proj", "attn.to_add_out"),
          row("context_block.mlp.fc1", "ff_context.net.0.proj"),
          row("context_block.mlp.fc2", "ff_context.net.2"));

  private static final Pattern BLOCK_NAME = Pattern.compile("joint_blocks\\.(\\d{1,6})\\.(.+)");
  private static final Pattern DIFFUSERS_BLOCK =
      Pattern.compile("transformer_blocks\\.(\\d{1,6})\\.(.+)");
  private static final Pattern MODULE_NAME = Pattern.compile("(.+)\\.(weight|bias)");

  private MmditKeyMap() {}

  /** Whether these are the names of a single file, with or without {@link #PREFIX}. */
  public static boolean isSingleFile(Set<String> names) {
    return names.stream().anyMatch(n -> n.startsWith(PREFIX + "joint_blocks."))
        || names.stream().anyMatch(n -> n.startsWith("joint_blocks."));
  }

  /**
   * Every diffusers tensor in a single file, with its origin. Transformer names without a row map
   * to themselves, so that loading reports them; those of text encoders and VAE are left out.
   */
  static Map<String, Origin> diffusersNames(Set<String> names) {
    String prefix = names.stream().anyMatch(n -> n.startsWith(PREFIX)) ? PREFIX : "";
    int lastBlock = -1;
    for (String name : names) {
      Matcher block = BLOCK_NAME.matcher(name.startsWith(prefix) ? cut(prefix, name) : "");
      if (block.matches()) {
        lastBlock = Math.max(lastBlock, Integer.parseInt(block.group(1)));
      }
    }
    Map<String, List<Row>> model = bySingleName(MODEL);
    Map<String, List<Row>> inBlock = bySingleName(BLOCK);
    Map<String, Origin> found = new LinkedHashMap<>();
    for (String name : names) {
      if (!name.startsWith(prefix)) {
        continue;
      }
      String inModel = cut(prefix, name);
      Matcher block = BLOCK_NAME.matcher(inModel);
      boolean isBlock = block.matches();
      String rest = isBlock ? block.group(2) : inModel;
      Matcher module = MODULE_NAME.matcher(rest);
      String key = module.matches() ? module.group(1) : rest;
      String suffix = module.matches() ? "." + module.group(2) : "";
      boolean last = isBlock && Integer.parseInt(block.group(1)) == lastBlock;
      String path = isBlock ? "transformer_blocks." + block.group(1) + "." : "";
      List<Row> rows = (isBlock ? inBlock : model).getOrDefault(key, List.of());
      for (Row row : rows) {
        found.put(path + row.diffusers() + suffix, new Origin(name, part(row, last)));
      }
      if (rows.isEmpty()) {
        found.put(name, new Origin(name, Part.WHOLE));
      }
    }
    return found;
  }

  /**
   * Every single-file tensor, with {@link #PREFIX}, that a transformer under diffusers names is
   * written to, and the diffusers tensors it is made of: one, or queries, keys and values. The
   * inverse of {@link #diffusersNames}; names without a row map to themselves.
   */
  static Map<String, List<Origin>> singleFileNames(Set<String> names) {
    int lastBlock = -1;
    for (String name : names) {
      Matcher block = DIFFUSERS_BLOCK.matcher(name);
      if (block.matches()) {
        lastBlock = Math.max(lastBlock, Integer.parseInt(block.group(1)));
      }
    }
    Map<String, Map<Part, Origin>> found = new LinkedHashMap<>();
    for (String name : names) {
      Matcher block = DIFFUSERS_BLOCK.matcher(name);
      boolean isBlock = block.matches();
      String rest = isBlock ? block.group(2) : name;
      Matcher module = MODULE_NAME.matcher(rest);
      String key = module.matches() ? module.group(1) : rest;
      String suffix = module.matches() ? "." + module.group(2) : "";
      boolean last = isBlock && Integer.parseInt(block.group(1)) == lastBlock;
      String path = PREFIX + (isBlock ? "joint_blocks." + block.group(1) + "." : "");
      String single = name;
      Part part = Part.WHOLE;
      for (Row row : isBlock ? BLOCK : MODEL) {
        if (row.diffusers().equals(key)) {
          single = path + row.single() + suffix;
          part = part(row, last);
        }
      }
      found
          .computeIfAbsent(single, _ -> new EnumMap<>(Part.class))
          .put(part, new Origin(name, part));
    }
    Map<String, List<Origin>> inOrder = new LinkedHashMap<>();
    found.forEach((single, parts) -> inOrder.put(single, List.copyOf(parts.values())));
    return inOrder;
  }

  private static Part part(Row row, boolean lastBlock) {
    if (row.part() != Part.SWAPPED_IN_LAST_BLOCK) {
      return row.part();
    }
    return lastBlock ? Part.SWAPPED : Part.WHOLE;
  }

  private static Map<String, List<Row>> bySingleName(List<Row> rows) {
    Map<String, List<Row>> map = new HashMap<>();
    rows.forEach(r -> map.computeIfAbsent(r.single(), _ -> new ArrayList<>()).add(r));
    return map;
  }

  private static String cut(String prefix, String name) {
    return name.substring(prefix.length());
  }

  private static Row row(String single, String diffusers) {
    return new Row(single, diffusers, Part.WHOLE);
  }

  private static Row row(String single, String diffusers, Part part) {
    return new Row(single, diffusers, part);
  }
}
