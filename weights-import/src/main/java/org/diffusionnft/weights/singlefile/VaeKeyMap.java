package org.diffusionnft.weights.singlefile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.weights.RenamedTensors;

/**
 * How the names of the autoencoder in Stability AI's single files ({@code first_stage_model.*})
 * correspond to those of diffusers. One row per module, under {@code encoder.} and {@code decoder.}
 * alike; {@code I} and {@code J} are numbers, and {@code R} is the level {@code I} counted from the
 * other end: the decoder's levels are numbered from full resolution in the single file, from the
 * lowest in diffusers.
 *
 * <p>Sources: {@code sd3_impls.py} of Stability-AI/sd3.5 and {@code convert_ldm_vae_checkpoint} of
 * diffusers.
 */
public final class VaeKeyMap {
  private record Row(
      String singleName,
      Pattern single,
      String diffusers,
      Pattern diffusersPattern,
      boolean matrix) {}

  /**
   * A single-file tensor.
   *
   * @param matrix whether it is a 1x1 convolution, {@code [O, C, 1, 1]}, that is a matrix in
   *     diffusers
   */
  record Origin(String name, boolean matrix) implements RenamedTensors.Named {}

  static final String PREFIX = "first_stage_model.";

  private static final List<Row> ROWS =
      List.of(
          row("conv_in", "conv_in"),
          row("norm_out", "conv_norm_out"),
          row("conv_out", "conv_out"),
          row("down.I.block.J.norm1", "down_blocks.I.resnets.J.norm1"),
          row("down.I.block.J.conv1", "down_blocks.I.resnets.J.conv1"),
          row("down.I.block.J.norm2", "down_blocks.I.resnets.J.norm2"),
          row("down.I.block.J.conv2", "down_blocks.I.resnets.J.conv2"),
          row("down.I.block.J.nin_shortcut", "down_blocks.I.resnets.J.conv_shortcut"),
          row("down.I.downsample.conv", "down_blocks.I.downsamplers.0.conv"),
          row("up.I.block.J.norm1", "up_blocks.R.resnets.J.norm1"),
          row("up.I.block.J.conv1", "up_blocks.R.resnets.J.conv1"),
          row("up.I.block.J.norm2", "up_blocks.R.resnets.J.norm2"),
          row("up.I.block.J.conv2", "up_blocks.R.resnets.J.conv2"),
          row("up.I.block.J.nin_shortcut", "up_blocks.R.resnets.J.conv_shortcut"),
          row("up.I.upsample.conv", "up_blocks.R.upsamplers.0.conv"),
          row("mid.block_1.norm1", "mid_block.resnets.0.norm1"),
          row("mid.block_1.conv1", "mid_block.resnets.0.conv1"),
          row("mid.block_1.norm2", "mid_block.resnets.0.norm2"),
          row("mid.block_1.conv2", "mid_block.resnets.0.conv2"),
          row("mid.attn_1.norm", "mid_block.attentions.0.group_norm"),
          matrix("mid.attn_1.q", "mid_block.attentions.0.to_q"),
          matrix("mid.attn_1.k", "mid_block.attentions.0.to_k"),
          matrix("mid.attn_1.v", "mid_block.attentions.0.to_v"),
          matrix("mid.attn_1.proj_out", "mid_block.attentions.0.to_out.0"),
          row("mid.block_2.norm1", "mid_block.resnets.1.norm1"),
          row("mid.block_2.conv1", "mid_block.resnets.1.conv1"),
          row("mid.block_2.norm2", "mid_block.resnets.1.norm2"),
          row("mid.block_2.conv2", "mid_block.resnets.1.conv2"));

  private static final Pattern NAME = Pattern.compile("(encoder|decoder)\\.(.+)\\.(weight|bias)");
  private static final Pattern DIFFUSERS_LEVEL =
      Pattern.compile("decoder\\.up_blocks\\.(\\d{1,6})\\..+");
  private static final Pattern LEVEL = Pattern.compile("decoder\\.up\\.(\\d{1,6})\\..+");

  private VaeKeyMap() {}

  /** Whether these are the names of a single file, with or without {@link #PREFIX}. */
  public static boolean isSingleFile(Set<String> names) {
    return names.contains(PREFIX + "decoder.mid.block_1.conv1.weight")
        || names.contains("decoder.mid.block_1.conv1.weight");
  }

  /**
   * Every diffusers tensor in a single file, with its origin. Autoencoder names without a row map
   * to themselves, so that loading reports them; others are left out.
   */
  static Map<String, Origin> diffusersNames(Set<String> names) {
    String prefix = names.stream().anyMatch(n -> n.startsWith(PREFIX)) ? PREFIX : "";
    int lastLevel = 0;
    for (String name : names) {
      Matcher level = LEVEL.matcher(cut(prefix, name));
      if (level.matches()) {
        lastLevel = Math.max(lastLevel, Integer.parseInt(level.group(1)));
      }
    }
    Map<String, Origin> found = new LinkedHashMap<>();
    for (String name : names) {
      if (name.startsWith(prefix)) {
        translate(name, cut(prefix, name), lastLevel, found);
      }
    }
    return found;
  }

  private static void translate(
      String name, String inModel, int lastLevel, Map<String, Origin> found) {
    Matcher parts = NAME.matcher(inModel);
    if (parts.matches()) {
      for (Row row : ROWS) {
        Matcher module = row.single().matcher(parts.group(2));
        if (module.matches()) {
          boolean weight = parts.group(3).equals("weight");
          String to =
              parts.group(1)
                  + "."
                  + fill(row.diffusers(), module, lastLevel, row.diffusers().contains("R"))
                  + "."
                  + parts.group(3);
          found.put(to, new Origin(name, row.matrix() && weight));
          return;
        }
      }
    }
    found.put(name, new Origin(name, false));
  }

  /**
   * Every single-file tensor, with {@link #PREFIX}, that an autoencoder under diffusers names is
   * written to, with its origin. The inverse of {@link #diffusersNames}; names without a row map to
   * themselves.
   */
  static Map<String, Origin> singleFileNames(Set<String> names) {
    int lastLevel = 0;
    for (String name : names) {
      Matcher level = DIFFUSERS_LEVEL.matcher(name);
      if (level.matches()) {
        lastLevel = Math.max(lastLevel, Integer.parseInt(level.group(1)));
      }
    }
    Map<String, Origin> found = new LinkedHashMap<>();
    for (String name : names) {
      Matcher parts = NAME.matcher(name);
      Map.Entry<String, Origin> to = Map.entry(name, new Origin(name, false));
      for (Row row : parts.matches() ? ROWS : List.<Row>of()) {
        Matcher module = row.diffusersPattern().matcher(parts.group(2));
        if (module.matches()) {
          String single = fill(row.singleName(), module, lastLevel, row.diffusers().contains("R"));
          boolean matrix = row.matrix() && parts.group(3).equals("weight");
          to =
              Map.entry(
                  PREFIX + parts.group(1) + "." + single + "." + parts.group(3),
                  new Origin(name, matrix));
        }
      }
      found.put(to.getKey(), to.getValue());
    }
    return found;
  }

  /** Inserts a level (counted from the other end if {@code reverse}) and a number into a name. */
  private static String fill(String name, Matcher module, int lastLevel, boolean reverse) {
    if (module.groupCount() == 0) {
      return name;
    }
    int level = Integer.parseInt(module.group(1));
    String filled = name.replaceAll("[IR]", "" + (reverse ? lastLevel - level : level));
    return module.groupCount() > 1 ? filled.replace("J", module.group(2)) : filled;
  }

  private static String cut(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : "";
  }

  private static Row row(String single, String diffusers) {
    return new Row(single, pattern(single), diffusers, pattern(diffusers), false);
  }

  private static Row matrix(String single, String diffusers) {
    return new Row(single, pattern(single), diffusers, pattern(diffusers), true);
  }

  private static Pattern pattern(String name) {
    return Pattern.compile(name.replace(".", "\\.").replaceAll("[IRJ]", "(\\\\d{1,6})"));
  }
}
