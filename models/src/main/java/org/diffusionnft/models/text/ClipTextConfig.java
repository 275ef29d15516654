package org.diffusionnft.models.text;

import org.diffusionnft.models.Positive;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a CLIP text encoder, field by field those of transformers' {@code
 * CLIPTextConfig}.
 *
 * @param vocabSize number of tokens
 * @param hiddenSize width
 * @param intermediateSize width inside the feed-forward networks
 * @param numLayers number of layers
 * @param numHeads number of attention heads
 * @param maxPositions most tokens of a prompt
 * @param projectionDim width of the pooled embedding
 * @param activation of the feed-forward networks: {@link UnaryOp#QUICK_GELU} for OpenAI's models,
 *     {@link UnaryOp#GELU_ERF} for OpenCLIP's
 * @param layerNormEps added to variances
 * @param eosTokenId which token is pooled: the first of this id, or, where this is 2 (a mistake in
 *     early configurations that became the rule), the first with the largest id
 */
public record ClipTextConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numLayers,
    int numHeads,
    int maxPositions,
    int projectionDim,
    UnaryOp activation,
    double layerNormEps,
    int eosTokenId) {

  /** What {@code eosTokenId} is in all of Stable Diffusion 3's configurations. */
  public static final int LARGEST_ID = 2;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException that names the field, by its name in {@code config.json}
   */
  public ClipTextConfig {
    Positive.require("vocab_size", vocabSize);
    Positive.require("hidden_size", hiddenSize);
    Positive.require("intermediate_size", intermediateSize);
    Positive.requireLayers("num_hidden_layers", numLayers);
    Positive.require("num_attention_heads", numHeads);
    Positive.require("max_position_embeddings", maxPositions);
    Positive.require("projection_dim", projectionDim);
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      throw new InvalidInputException(
          "layer_norm_eps is " + layerNormEps + " but must be above 0 and below 1");
    }
    if (hiddenSize % numHeads != 0) {
      throw new InvalidInputException(
          "hidden_size " + hiddenSize + " is no multiple of num_attention_heads " + numHeads);
    }
  }

  /** The same with another rule for what is pooled. */
  public ClipTextConfig withEosTokenId(int id) {
    return new ClipTextConfig(
        vocabSize,
        hiddenSize,
        intermediateSize,
        numLayers,
        numHeads,
        maxPositions,
        projectionDim,
        activation,
        layerNormEps,
        id);
  }
}
