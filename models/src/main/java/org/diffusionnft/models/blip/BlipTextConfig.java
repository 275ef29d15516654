package org.diffusionnft.models.blip;

import org.diffusionnft.models.Positive;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of BLIP's text encoder, a BERT that looks at a picture in every layer.
 *
 * @param vocabSize number of token ids
 * @param width of a token
 * @param layers number of layers
 * @param heads number of attention heads
 * @param inner width inside the feed-forward networks
 * @param maxPositions longest text, in tokens
 * @param pictureWidth width of a picture's token
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
   * @throws InvalidInputException that names the field, by its name in {@code med_config.json}
   */
  public BlipTextConfig {
    Positive.require("vocab_size", vocabSize);
    Positive.require("hidden_size", width);
    Positive.requireLayers("num_hidden_layers", layers);
    Positive.require("num_attention_heads", heads);
    Positive.require("intermediate_size", inner);
    Positive.require("max_position_embeddings", maxPositions);
    Positive.require("encoder_width", pictureWidth);
    if (width % heads != 0) {
      throw new InvalidInputException(
          "hidden_size " + width + " is no multiple of num_attention_heads " + heads);
    }
  }
}
