package org.diffusionnft.models.transformer;

import java.util.HashSet;
import java.util.List;
import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The dimensions of an MMDiT-X, with the fields of diffusers' {@code SD3Transformer2DModel}.
 *
 * @param sampleSize side of the training latents; sets the scale of a computed position embedding
 * @param patchSize side of the square of latents that becomes one token
 * @param inChannels channels of the latents
 * @param numLayers number of transformer blocks; the last one drops the text stream
 * @param attentionHeadDim width of one head
 * @param numAttentionHeads number of heads; the model's width is this times {@code
 *     attentionHeadDim}
 * @param jointAttentionDim width of the text embeddings, 4096 with T5-XXL
 * @param captionProjectionDim width that text is projected to; must be the model's width
 * @param pooledProjectionDim width of the pooled text embedding
 * @param outChannels channels of the output
 * @param posEmbedMaxSize side, in patches, of the stored position embedding, which bounds the image
 * @param dualAttentionLayers blocks with a second, image-only attention
 * @param qkNorm norm of queries and keys
 */
public record MmditConfig(
    int sampleSize,
    int patchSize,
    int inChannels,
    int numLayers,
    int attentionHeadDim,
    int numAttentionHeads,
    int jointAttentionDim,
    int captionProjectionDim,
    int pooledProjectionDim,
    int outChannels,
    int posEmbedMaxSize,
    List<Integer> dualAttentionLayers,
    QkNorm qkNorm) {

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public MmditConfig {
    ConfigFields.require("sample_size", sampleSize);
    ConfigFields.require("patch_size", patchSize);
    ConfigFields.require("in_channels", inChannels);
    ConfigFields.requireLayers("num_layers", numLayers);
    ConfigFields.require("attention_head_dim", attentionHeadDim);
    ConfigFields.require("num_attention_heads", numAttentionHeads);
    ConfigFields.require("joint_attention_dim", jointAttentionDim);
    ConfigFields.require("caption_projection_dim", captionProjectionDim);
    ConfigFields.require("pooled_projection_dim", pooledProjectionDim);
    ConfigFields.require("out_channels", outChannels);
    ConfigFields.require("pos_embed_max_size", posEmbedMaxSize);
    requireAtMost("patch_size", patchSize, 64);
    requireAtMost("in_channels", inChannels, 1 << 12);
    requireAtMost("out_channels", outChannels, 1 << 12);
    requireAtMost("pos_embed_max_size", posEmbedMaxSize, 1 << 14);
    dualAttentionLayers = List.copyOf(dualAttentionLayers);
    long width = (long) attentionHeadDim * numAttentionHeads;
    if (width > 1 << 24) {
      throw new InvalidInputException(
          "attention_head_dim * num_attention_heads is " + width + ", more than 2^24");
    }
    if (width % 4 != 0) {
      throw new InvalidInputException(
          "attention_head_dim * num_attention_heads is "
              + width
              + " but must be a multiple of 4 for the position embedding");
    }
    if (captionProjectionDim != width) {
      throw new InvalidInputException(
          "caption_projection_dim is "
              + captionProjectionDim
              + " but must be attention_head_dim * num_attention_heads = "
              + width);
    }
    for (int layer : dualAttentionLayers) {
      if (layer < 0 || layer >= numLayers) {
        throw new InvalidInputException(
            "dual_attention_layers contains "
                + layer
                + " but must lie in 0 to num_layers - 1 = "
                + (numLayers - 1));
      }
    }
    if (new HashSet<>(dualAttentionLayers).size() != dualAttentionLayers.size()) {
      throw new InvalidInputException(
          "dual_attention_layers " + dualAttentionLayers + " names a layer twice");
    }
  }

  /** Width of both streams: {@code attentionHeadDim * numAttentionHeads}. */
  public int width() {
    return attentionHeadDim * numAttentionHeads;
  }

  /** Whether the layer has a second attention over the image tokens only. */
  public boolean isDual(int layer) {
    return dualAttentionLayers.contains(layer);
  }

  private static void requireAtMost(String field, int value, int most) {
    if (value > most) {
      throw new InvalidInputException(field + " is " + value + " but must be at most " + most);
    }
  }
}
