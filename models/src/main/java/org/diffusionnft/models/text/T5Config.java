package org.diffusionnft.models.text;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of a T5 v1.1 encoder, with the fields of transformers' {@code T5Config}.
 *
 * @param vocabSize number of tokens
 * @param modelDim width
 * @param headDim width of one attention head
 * @param feedForwardDim width inside the gated feed-forward networks
 * @param numLayers number of layers
 * @param numHeads number of attention heads
 * @param buckets number of relative position buckets of the attention bias
 * @param maxDistance distance from which all share one bucket
 * @param normEps added to mean squares
 */
public record T5Config(
    int vocabSize,
    int modelDim,
    int headDim,
    int feedForwardDim,
    int numLayers,
    int numHeads,
    int buckets,
    int maxDistance,
    double normEps) {

  /**
   * Checks the fields.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public T5Config {
    ConfigFields.require("vocab_size", vocabSize);
    ConfigFields.require("d_model", modelDim);
    ConfigFields.require("d_kv", headDim);
    ConfigFields.require("d_ff", feedForwardDim);
    ConfigFields.requireLayers("num_layers", numLayers);
    ConfigFields.require("num_heads", numHeads);
    ConfigFields.require("relative_attention_num_buckets", buckets);
    ConfigFields.require("relative_attention_max_distance", maxDistance);
    ConfigFields.requireEps("layer_norm_epsilon", normEps);
    if ((long) headDim * numHeads > 1 << 24) {
      throw new InvalidInputException("d_kv * num_heads is more than 2^24");
    }
    if (buckets % 4 != 0 || maxDistance <= buckets / 4) {
      throw new InvalidInputException(
          "relative_attention_num_buckets "
              + buckets
              + " must be a multiple of 4 and a quarter of it less than"
              + " relative_attention_max_distance "
              + maxDistance);
    }
  }

  /** Width of all heads together. */
  public int attentionDim() {
    return Math.multiplyExact(headDim, numHeads);
  }
}
