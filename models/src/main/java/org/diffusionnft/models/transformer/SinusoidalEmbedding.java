package org.diffusionnft.models.transformer;

import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/** The fixed embeddings of an MMDiT, as the model computes them. */
public final class SinusoidalEmbedding {
  private SinusoidalEmbedding() {}

  /**
   * {@code [cos | sin]} of timesteps, as diffusers' {@code get_timestep_embedding} with 256
   * channels, flipped and without downscaled frequencies.
   *
   * @return {@code [B, 256]}
   */
  public static Tensor timesteps(Device device, float[] timesteps) {
    return TimestepEmbedding.sinusoids(device, timesteps);
  }

  /**
   * The table of positions of a model whose checkpoint stores none.
   *
   * @return {@code [1, S * S, C]}
   */
  public static Tensor positions(MmditConfig config, Device device) {
    return PositionEmbedding.sinusoids(config, device);
  }
}
