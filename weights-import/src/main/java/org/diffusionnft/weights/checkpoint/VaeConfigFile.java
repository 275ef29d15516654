package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorShapes;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;
import org.diffusionnft.weights.io.StrictJson;

/** Reads an autoencoder's configuration from {@code config.json}, or infers it from its tensors. */
public final class VaeConfigFile {
  /** Stable Diffusion 3's value; it cannot be inferred from tensors. */
  private static final double SCALING_FACTOR = 1.5305;

  private static final double SHIFT_FACTOR = 0.0609;
  private static final int NORM_GROUPS = 32;

  private static final Set<String> READ =
      Set.of(
          "act_fn",
          "block_out_channels",
          "down_block_types",
          "force_upcast",
          "in_channels",
          "latent_channels",
          "layers_per_block",
          "mid_block_add_attention",
          "norm_num_groups",
          "out_channels",
          "sample_size",
          "scaling_factor",
          "shift_factor",
          "up_block_types",
          "use_post_quant_conv",
          "use_quant_conv");

  private VaeConfigFile() {}

  /**
   * Reads a {@code config.json}.
   *
   * @throws InvalidFileException for a missing key or invalid value
   */
  public static VaeConfig read(Path file) throws InvalidFileException {
    return parse(file, StrictJson.readObject(file));
  }

  /**
   * The configuration in a JSON object with the keys of diffusers' {@code AutoencoderKL}.
   *
   * @param file the source of the object, for messages
   * @throws InvalidFileException see {@link #read}
   */
  public static VaeConfig parse(Path file, ObjectNode json) throws InvalidFileException {
    JsonFields fields = new JsonFields(file, json);
    fields.require("_class_name", TextNode.valueOf("AutoencoderKL"));
    fields.requireOff(READ, "of an AutoencoderKL");
    fields.require("act_fn", TextNode.valueOf("silu"));
    fields.require("mid_block_add_attention", BooleanNode.TRUE);
    for (String quantising : List.of("use_quant_conv", "use_post_quant_conv")) {
      // Without the key, diffusers assumes the convolution, as in autoencoders before SD 3.
      if (fields.flag(quantising, true)) {
        throw new InvalidFileException(
            file,
            "is an autoencoder with "
                + quantising
                + ", as before Stable Diffusion 3; only those without are supported");
      }
    }
    requireBlocks(fields, "down_block_types", "DownEncoderBlock2D");
    requireBlocks(fields, "up_block_types", "UpDecoderBlock2D");
    int channels = fields.integer("in_channels");
    if (fields.integer("out_channels", channels) != channels) {
      throw new InvalidFileException(file, "has other out_channels than in_channels " + channels);
    }
    try {
      return new VaeConfig(
          channels,
          fields.integer("latent_channels"),
          Arrays.stream(fields.integers("block_out_channels")).boxed().toList(),
          fields.integer("layers_per_block"),
          fields.integer("norm_num_groups", NORM_GROUPS),
          fields.number("scaling_factor"),
          fields.number("shift_factor", 0));
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** Requires one block per level, of the only supported type. */
  private static void requireBlocks(JsonFields fields, String key, String type)
      throws InvalidFileException {
    ArrayNode supported = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < fields.integers("block_out_channels").length; i++) {
      supported.add(type);
    }
    fields.require(key, supported);
  }

  /** The inverse of {@link #parse}, with the other keys that diffusers writes. */
  public static ObjectNode toJson(VaeConfig config) {
    ObjectNode json = StrictJson.object();
    json.put("_class_name", "AutoencoderKL");
    json.put("_diffusers_version", "0.40.0.dev0");
    json.put("act_fn", "silu");
    ArrayNode channels = json.putArray("block_out_channels");
    ArrayNode down = json.putArray("down_block_types");
    for (int c : config.blockChannels()) {
      channels.add(c);
      down.add("DownEncoderBlock2D");
    }
    json.put("force_upcast", true);
    json.put("in_channels", config.inChannels());
    json.put("latent_channels", config.latentChannels());
    json.putNull("latents_mean");
    json.putNull("latents_std");
    json.put("layers_per_block", config.layersPerBlock());
    json.put("mid_block_add_attention", true);
    json.put("norm_num_groups", config.normGroups());
    json.put("out_channels", config.inChannels());
    json.put("sample_size", 1024);
    json.put("scaling_factor", config.scalingFactor());
    json.put("shift_factor", config.shiftFactor());
    ArrayNode up = json.putArray("up_block_types");
    config.blockChannels().forEach(_ -> up.add("UpDecoderBlock2D"));
    json.put("use_post_quant_conv", false);
    json.put("use_quant_conv", false);
    return json;
  }

  /**
   * Infers the configuration from names and shapes; scale, shift and groups are those of Stable
   * Diffusion 3.
   *
   * @param source tensors under diffusers names
   * @throws InvalidFileException if tensors needed for this are missing or have another rank
   */
  public static VaeConfig infer(TensorSource source) throws InvalidFileException {
    List<Integer> channels = new ArrayList<>();
    String block = "encoder.down_blocks.";
    int levels = TensorShapes.count(source, block, ".resnets.0.conv1.weight");
    for (int i = 0; i < levels; i++) {
      Shape conv = TensorShapes.require(source, block + i + ".resnets.0.conv1.weight", 4);
      channels.add(conv.intDim(0));
    }
    Shape latents = TensorShapes.require(source, "decoder.conv_in.weight", 4);
    try {
      return new VaeConfig(
          TensorShapes.require(source, "encoder.conv_in.weight", 4).intDim(1),
          latents.intDim(1),
          channels,
          TensorShapes.count(source, block + "0.resnets.", ".conv1.weight"),
          groups(channels),
          SCALING_FACTOR,
          SHIFT_FACTOR);
    } catch (IllegalArgumentException e) {
      throw new InvalidFileException(
          source.path(), "has tensors of no valid autoencoder: " + e.getMessage(), e);
    }
  }

  /** 32 as in every published model, or the maximum possible in tiny ones. */
  private static int groups(List<Integer> channels) {
    int groups = NORM_GROUPS;
    for (int c : channels) {
      while (groups > 1 && c % groups != 0) {
        groups /= 2;
      }
    }
    return groups;
  }
}
