package org.diffusionnft.trainer;

import org.diffusionnft.images.Images;
import org.diffusionnft.tensor.Tensor;

/** Turns latents into images; the decoder of a pipeline. */
@FunctionalInterface
public interface ImageDecoder {

  /**
   * Decodes latents.
   *
   * @param latents {@code [B, C, H, W]}
   */
  Images decode(Tensor latents);

  /** For pixel-space models: the latents are the images. */
  static ImageDecoder identity() {
    return latents ->
        new Images(
            latents.toFloats(),
            latents.shape().intDim(1),
            latents.shape().intDim(2),
            latents.shape().intDim(3));
  }
}
