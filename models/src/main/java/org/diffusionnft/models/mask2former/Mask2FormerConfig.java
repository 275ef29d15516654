package org.diffusionnft.models.mask2former;

import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a Mask2Former, with the fields of transformers' {@code Mask2FormerConfig}.
 *
 * @param backbone dimensions of the Swin transformer
 * @param features width of tokens in both decoders
 * @param maskFeatures width of the mask embeddings and features
 * @param encoderLayers layers of deformable attention in the pixel decoder
 * @param encoderInner width inside their feed-forward networks
 * @param decoderLayers layers of masked attention: one less than {@code decoder_layers}
 * @param decoderInner width inside their feed-forward networks
 * @param heads attention heads in both decoders
 * @param queries maximum number of objects
 * @param classes number of object classes, without the no-object class
 * @param upLevels number of leading backbone stages that only add detail to masks
 * @param preNorm whether the masked-attention layers are pre-norm rather than post-norm
 * @param activation of the masked-attention layers
 */
public record Mask2FormerConfig(
    SwinConfig backbone,
    int features,
    int maskFeatures,
    int encoderLayers,
    int encoderInner,
    int decoderLayers,
    int decoderInner,
    int heads,
    int queries,
    int classes,
    int upLevels,
    boolean preNorm,
    UnaryOp activation) {
  /** Number of backbone stages that deformable and masked attention use: the last ones. */
  public static final int LEVELS = 3;

  /** Groups of every group norm. */
  public static final int GROUPS = 32;

  private static final int MOST_QUERIES = 10_000;
  private static final int MOST_PAIRS = 1 << 22;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public Mask2FormerConfig {
    ConfigFields.require("hidden_dim", features);
    ConfigFields.require("mask_feature_size", maskFeatures);
    ConfigFields.requireLayers("encoder_layers", encoderLayers);
    ConfigFields.require("encoder_feedforward_dim", encoderInner);
    ConfigFields.requireLayers("decoder_layers less one", decoderLayers);
    ConfigFields.require("dim_feedforward", decoderInner);
    ConfigFields.require("num_attention_heads", heads);
    ConfigFields.require("num_labels", classes);
    if (queries < 1 || queries > MOST_QUERIES) {
      throw new InvalidInputException(
          "num_queries is " + queries + " but must be from 1 to " + MOST_QUERIES);
    }
    if ((long) queries * classes > MOST_PAIRS) {
      throw new InvalidInputException(
          "num_queries %d times num_labels %d must be at most %d"
              .formatted(queries, classes, MOST_PAIRS));
    }
    if (features % GROUPS != 0 || features % heads != 0) {
      throw new InvalidInputException(
          "hidden_dim %d must be a multiple of %d groups and of num_attention_heads %d"
              .formatted(features, GROUPS, heads));
    }
    int most = backbone.stages() - LEVELS;
    if (upLevels < 0 || upLevels > most) {
      throw new InvalidInputException(
          ("feature_strides and common_stride ask for %d levels of detail, but a backbone of %d"
                  + " stages has from 0 to %d")
              .formatted(upLevels, backbone.stages(), most));
    }
  }
}
