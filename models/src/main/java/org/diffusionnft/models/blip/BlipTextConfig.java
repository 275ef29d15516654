package org.diffusionnft.models.blip;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of BLIP's text encoder, a BERT with cross-attention to an image in every layer.
 *
 * @param vocabSize number of token ids
 * @param width of a token
 * @param layers number of layers
 * @param heads number of attention heads
 * @param inner width inside the feed-forward networks
 * @param maxPositions longest text, in tokens
 * @param pictureWidth width of an image token
 * @param layerNormEps added to variances
 */
public record BlipTextConfig(
    int vocabSize,
    int width,
    int layers,
    int heads,
    int inner,
    int maxPositions,
    int pictureWidth,
    double layerNormEps) {
  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code med_config.json}
   */
  public BlipTextConfig {
    ConfigFields.require("vocab_size", vocabSize);
    ConfigFields.require("hidden_size", width);
    ConfigFields.requireLayers("num_hidden_layers", layers);
    ConfigFields.require("num_attention_heads", heads);
    ConfigFields.require("intermediate_size", inner);
    ConfigFields.require("max_position_embeddings", maxPositions);
    ConfigFields.require("encoder_width", pictureWidth);
    ConfigFields.requireEps("layer_norm_eps", layerNormEps);
    ConfigFields.requireMultiple("hidden_size", width, "num_attention_heads", heads);
  }
}
