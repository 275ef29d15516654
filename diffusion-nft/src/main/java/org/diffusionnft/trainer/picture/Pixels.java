package org.diffusionnft.trainer.picture;

import java.awt.image.BufferedImage;
import org.diffusionnft.tensor.Tensor;

/** Between an autoencoder's numbers and pictures. */
public final class Pixels {
  private static final int CHANNELS = 3;

  private Pixels() {}

  /**
   * The picture in {@code [1, 3, H, W]} with values from -1 to 1, rounded as diffusers does: {@code
   * round(255 clamp(x / 2 + 0.5, 0, 1))}.
   */
  public static BufferedImage toImage(Tensor pixels) {
    int height = pixels.shape().intDim(2);
    int width = pixels.shape().intDim(3);
    if (pixels.dim(0) != 1 || pixels.dim(1) != CHANNELS) {
      throw new IllegalArgumentException(
          "pixels of shape " + pixels.shape() + " are no picture [1, 3, H, W]");
    }
    return toImage(pixels.toFloats(), width, height);
  }

  /** {@link #toImage(Tensor)} of numbers in host memory, {@code [3, H, W]}. */
  public static BufferedImage toImage(float[] values, int width, int height) {
    if (values.length != CHANNELS * width * height) {
      throw new IllegalArgumentException(
          values.length + " numbers are no picture [3, " + height + ", " + width + "]");
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int plane = width * height;
    for (int i = 0; i < plane; i++) {
      int rgb = 0;
      for (int c = 0; c < CHANNELS; c++) {
        float share = Math.clamp(values[c * plane + i] / 2 + 0.5f, 0f, 1f);
        rgb = rgb << 8 | (int) Math.rint(share * 255.0);
      }
      image.setRGB(i % width, i / width, rgb);
    }
    return image;
  }
}
