package org.diffusionnft.models.clip;

import org.diffusionnft.models.Positive;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a CLIP image encoder, field by field those of transformers' {@code
 * CLIPVisionConfig}.
 *
 * @param hiddenSize width
 * @param intermediateSize width inside the feed-forward networks
 * @param numLayers number of layers
 * @param numHeads number of attention heads
 * @param imageSize width and height of pictures, in pixels
 * @param patchSize width and height of a token's square, in pixels
 * @param projectionDim width of the picture's embedding
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
    double layerNormEps) {
  private static final int MOST_SQUARES = 1 << 10;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException that names the field, by its name in {@code config.json}
   */
  public ClipVisionConfig {
    Positive.require("hidden_size", hiddenSize);
    Positive.require("intermediate_size", intermediateSize);
    Positive.requireLayers("num_hidden_layers", numLayers);
    Positive.require("num_attention_heads", numHeads);
    Positive.require("image_size", imageSize);
    Positive.require("patch_size", patchSize);
    Positive.require("projection_dim", projectionDim);
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      throw new InvalidInputException(
          "layer_norm_eps is " + layerNormEps + " but must be above 0 and below 1");
    }
    if (hiddenSize % numHeads != 0) {
      throw new InvalidInputException(
          "hidden_size " + hiddenSize + " is no multiple of num_attention_heads " + numHeads);
    }
    if (imageSize % patchSize != 0) {
      throw new InvalidInputException(
          "image_size " + imageSize + " is no multiple of patch_size " + patchSize);
    }
    if (imageSize / patchSize > MOST_SQUARES) {
      throw new InvalidInputException(
          "image_size " + imageSize + " has more than " + MOST_SQUARES + " patches a side");
    }
  }

  /** Tokens of a picture: its squares, and one for the whole. */
  public int tokens() {
    int side = imageSize / patchSize;
    return side * side + 1;
  }
}
