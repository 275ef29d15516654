package org.diffusionnft.models.vae;

import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of an autoencoder, with the fields of diffusers' {@code AutoencoderKL}.
 *
 * @param inChannels channels of images
 * @param latentChannels channels of latents
 * @param blockChannels channels of each level, full resolution first; each level but the last
 *     halves height and width
 * @param layersPerBlock residual blocks of a level of the encoder; the decoder has one more
 * @param normGroups groups of the group norms
 * @param scalingFactor factor on shifted latents for the diffusion model
 * @param shiftFactor subtracted from latents before scaling
 */
public record VaeConfig(
    int inChannels,
    int latentChannels,
    List<Integer> blockChannels,
    int layersPerBlock,
    int normGroups,
    double scalingFactor,
    double shiftFactor) {
  private static final int MOST_LEVELS = 8;
  private static final int MOST_LAYERS = 100;
  private static final double LARGEST_FACTOR = 1e6;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public VaeConfig {
    blockChannels = List.copyOf(blockChannels);
    require("in_channels", inChannels, 1);
    require("latent_channels", latentChannels, 1);
    if (layersPerBlock < 1 || layersPerBlock > MOST_LAYERS) {
      throw new InvalidInputException(
          "layers_per_block is " + layersPerBlock + " but must be from 1 to " + MOST_LAYERS);
    }
    require("norm_num_groups", normGroups, 1);
    if (blockChannels.isEmpty() || blockChannels.size() > MOST_LEVELS) {
      throw new InvalidInputException(
          "block_out_channels has "
              + blockChannels.size()
              + " entries, but there must be 1 to "
              + MOST_LEVELS);
    }
    for (int channels : blockChannels) {
      require("block_out_channels", channels, normGroups);
    }
    if (!(scalingFactor >= 1 / LARGEST_FACTOR && scalingFactor <= LARGEST_FACTOR)) {
      throw new InvalidInputException(
          "scaling_factor is "
              + scalingFactor
              + " but must be a number from 0.000001 to 1000000; Stable Diffusion 3 has 1.5305");
    }
    if (!(Math.abs(shiftFactor) <= LARGEST_FACTOR)) {
      throw new InvalidInputException(
          "shift_factor is "
              + shiftFactor
              + " but must be a number from -1000000 to 1000000; Stable Diffusion 3 has 0.0609");
    }
  }

  private static void require(String field, int value, int divisor) {
    if (value < 1 || value % divisor != 0 || value > 1 << 16) {
      throw new InvalidInputException(
          field
              + " is "
              + value
              + " but must be positive"
              + (divisor > 1 ? " and a multiple of norm_num_groups " + divisor : "")
              + ", 65536 at most");
    }
  }

  /** Number of pixels that one latent spans in each direction. */
  public int downscale() {
    return 1 << (blockChannels.size() - 1);
  }

  /** Channels of the lowest resolution. */
  int deepest() {
    return blockChannels.getLast();
  }
}
