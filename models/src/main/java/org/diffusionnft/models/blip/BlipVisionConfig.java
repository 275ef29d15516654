package org.diffusionnft.models.blip;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of BLIP's image encoder, a vision transformer.
 *
 * @param imageSize width and height of images, in pixels
 * @param patchSize width and height of a patch, in pixels
 * @param width of a token
 * @param layers number of layers
 * @param heads number of attention heads
 * @param inner width inside the feed-forward networks
 * @param layerNormEps added to variances
 */
public record BlipVisionConfig(
    int imageSize,
    int patchSize,
    int width,
    int layers,
    int heads,
    int inner,
    double layerNormEps) {
  private static final int MOST_SQUARES = 1 << 10;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field
   */
  public BlipVisionConfig {
    ConfigFields.require("image_size", imageSize);
    ConfigFields.require("patch_size", patchSize);
    ConfigFields.require("embed_dim", width);
    ConfigFields.requireLayers("depth", layers);
    ConfigFields.require("num_heads", heads);
    ConfigFields.require("mlp width", inner);
    ConfigFields.requireEps("layer_norm_eps", layerNormEps);
    ConfigFields.requireMultiple("embed_dim", width, "num_heads", heads);
    if (imageSize % patchSize != 0 || imageSize / patchSize > MOST_SQUARES) {
      throw new InvalidInputException(
          "image_size %d is no multiple of patch_size %d, or has more than %d patches a side"
              .formatted(imageSize, patchSize, MOST_SQUARES));
    }
  }

  /** Tokens of an image: its patches and the class token. */
  public int tokens() {
    int side = imageSize / patchSize;
    return side * side + 1;
  }
}
