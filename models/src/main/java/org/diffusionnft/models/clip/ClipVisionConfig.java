package org.diffusionnft.models.clip;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.models.text.ClipLayer;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a CLIP image encoder, with the fields of transformers' {@code
 * CLIPVisionConfig}.
 *
 * @param hiddenSize width
 * @param intermediateSize width inside the feed-forward networks
 * @param numLayers number of layers
 * @param numHeads number of attention heads
 * @param imageSize width and height of images, in pixels
 * @param patchSize width and height of a patch, in pixels
 * @param projectionDim width of the image embedding
 * @param activation of the feed-forward networks: {@link UnaryOp#QUICK_GELU} for OpenAI's models,
 *     {@link UnaryOp#GELU_ERF} for OpenCLIP's
 * @param layerNormEps added to variances
 */
public record ClipVisionConfig(
    int hiddenSize,
    int intermediateSize,
    int numLayers,
    int numHeads,
    int imageSize,
    int patchSize,
    int projectionDim,
    UnaryOp activation,
    double layerNormEps)
    implements ClipLayer.Config {
  private static final int MOST_SQUARES = 1 << 10;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public ClipVisionConfig {
    ConfigFields.require("hidden_size", hiddenSize);
    ConfigFields.require("intermediate_size", intermediateSize);
    ConfigFields.requireLayers("num_hidden_layers", numLayers);
    ConfigFields.require("num_attention_heads", numHeads);
    ConfigFields.require("image_size", imageSize);
    ConfigFields.require("patch_size", patchSize);
    ConfigFields.require("projection_dim", projectionDim);
    ConfigFields.requireEps("layer_norm_eps", layerNormEps);
    ConfigFields.requireMultiple("hidden_size", hiddenSize, "num_attention_heads", numHeads);
    ConfigFields.requireMultiple("image_size", imageSize, "patch_size", patchSize);
    if (imageSize / patchSize > MOST_SQUARES) {
      throw new InvalidInputException(
          "image_size " + imageSize + " has more than " + MOST_SQUARES + " patches a side");
    }
  }

  /** Tokens of an image: its patches and the class token. */
  public int tokens() {
    int side = imageSize / patchSize;
    return side * side + 1;
  }
}
