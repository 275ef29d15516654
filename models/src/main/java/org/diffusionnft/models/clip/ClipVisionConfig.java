package org.diffusionnft.models.clip;

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

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException that names the field, by its name in {@code config.json}
   */
  public ClipVisionConfig {
    require("hidden_size", hiddenSize);
    require("intermediate_size", intermediateSize);
    require("num_hidden_layers", numLayers);
    require("num_attention_heads", numHeads);
    require("image_size", imageSize);
    require("patch_size", patchSize);
    require("projection_dim", projectionDim);
    if (hiddenSize % numHeads != 0) {
      throw new InvalidInputException(
          "hidden_size " + hiddenSize + " is no multiple of num_attention_heads " + numHeads);
    }
    if (imageSize % patchSize != 0) {
      throw new InvalidInputException(
          "image_size " + imageSize + " is no multiple of patch_size " + patchSize);
    }
  }

  /** Tokens of a picture: its squares, and one for the whole. */
  public int tokens() {
    int side = imageSize / patchSize;
    return side * side + 1;
  }

  private static void require(String field, int value) {
    if (value < 1) {
      throw new InvalidInputException(field + " is " + value + ", but must be at least 1");
    }
  }
}
