package org.diffusionnft.models.text;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a CLIP text encoder, with the fields of transformers' {@code CLIPTextConfig}.
 *
 * @param vocabSize number of tokens
 * @param hiddenSize width
 * @param intermediateSize width inside the feed-forward networks
 * @param numLayers number of layers
 * @param numHeads number of attention heads
 * @param maxPositions maximum number of tokens of a prompt
 * @param projectionDim width of the pooled embedding
 * @param activation of the feed-forward networks: {@link UnaryOp#QUICK_GELU} for OpenAI's models,
 *     {@link UnaryOp#GELU_ERF} for OpenCLIP's
 * @param layerNormEps added to variances
 * @param eosTokenId which token is pooled: the first with this id or, if this is 2 (a mistake in
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
    int eosTokenId)
    implements ClipLayer.Config {

  /** The {@code eosTokenId} in all of Stable Diffusion 3's configurations. */
  public static final int LARGEST_ID = 2;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public ClipTextConfig {
    ConfigFields.require("vocab_size", vocabSize);
    ConfigFields.require("hidden_size", hiddenSize);
    ConfigFields.require("intermediate_size", intermediateSize);
    ConfigFields.requireLayers("num_hidden_layers", numLayers);
    ConfigFields.require("num_attention_heads", numHeads);
    ConfigFields.require("max_position_embeddings", maxPositions);
    ConfigFields.require("projection_dim", projectionDim);
    ConfigFields.requireEps("layer_norm_eps", layerNormEps);
    if (eosTokenId < 0 || eosTokenId >= vocabSize) {
      throw new InvalidInputException(
          "eos_token_id is %d but must be a token, from 0 to vocab_size - 1 = %d"
              .formatted(eosTokenId, vocabSize - 1));
    }
    ConfigFields.requireMultiple("hidden_size", hiddenSize, "num_attention_heads", numHeads);
  }

  /** The same with another rule for the pooled token. */
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
