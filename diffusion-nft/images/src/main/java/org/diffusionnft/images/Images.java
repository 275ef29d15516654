package org.diffusionnft.images;

import java.util.Arrays;

/**
 * Images in host memory, as decoded: -1 is black, 1 is white, and values are not clamped.
 *
 * @param values {@code [N, C, H, W]}, row-major
 * @param channels C
 * @param height H
 * @param width W
 */
public record Images(float[] values, int channels, int height, int width) {
  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if the values are not a whole number of images
   */
  public Images {
    long size = (long) channels * height * width;
    if (size <= 0 || values.length % size != 0) {
      throw new IllegalArgumentException(
          "%d values are no images of shape [%d, %d, %d]"
              .formatted(values.length, channels, height, width));
    }
  }

  /** A single image from a picture; its {@link #pixels} are the same bytes. */
  public static Images of(Pixels picture) {
    int plane = picture.width() * picture.height();
    byte[] rgb = picture.rgb();
    float[] values = new float[rgb.length];
    for (int i = 0; i < rgb.length; i++) {
      values[i % 3 * plane + i / 3] = 2 * ((rgb[i] & 0xff) / 255f) - 1;
    }
    return new Images(values, 3, picture.height(), picture.width());
  }

  /** Values of one image. */
  public int size() {
    return channels * height * width;
  }

  /** Number of images. */
  public int count() {
    return values.length / size();
  }

  /** A copy of the values of image {@code i}, {@code [C, H, W]}. */
  public float[] image(int i) {
    return Arrays.copyOfRange(values, i * size(), (i + 1) * size());
  }

  /**
   * Image {@code i} as numbers from 0 to 1, clamped as in diffusers' image processor.
   *
   * @throws IllegalArgumentException if the images do not have three channels
   */
  public Planes planes(int i) {
    if (channels != 3) {
      throw new IllegalArgumentException(
          "images of %d channels are no pictures, which have 3".formatted(channels));
    }
    float[] picture = image(i);
    for (int j = 0; j < picture.length; j++) {
      picture[j] = Math.clamp(picture[j] / 2 + 0.5f, 0f, 1f);
    }
    return new Planes(width, height, picture);
  }

  /** Image {@code i} as bytes; see {@link #planes} and {@link Pixels#of(Planes)}. */
  public Pixels pixels(int i) {
    return Pixels.of(planes(i));
  }
}
