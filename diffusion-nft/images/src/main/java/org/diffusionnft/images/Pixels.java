package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;

/**
 * A picture with 8 bits per channel.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb three bytes per pixel, row by row
 */
public record Pixels(int width, int height, byte[] rgb) {
  private static final int CHANNELS = 3;

  /** Pillow's {@code PRECISION_BITS}: weights are multiplied by 2 to the power of this. */
  private static final int FRACTION_BITS = 32 - 8 - 2;

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if the number of bytes does not match the size
   */
  public Pixels {
    if (width < 1 || height < 1 || rgb.length != (long) CHANNELS * width * height) {
      throw new IllegalArgumentException(
          "%d bytes are no picture of %d by %d pixels".formatted(rgb.length, width, height));
    }
  }

  /**
   * Converts a picture of numbers from 0 to 1 to bytes, rounded half to even as in PyTorch; other
   * numbers are clamped.
   */
  public static Pixels of(Planes picture) {
    int plane = picture.width() * picture.height();
    byte[] rgb = new byte[CHANNELS * plane];
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < plane; i++) {
        float value = picture.values()[c * plane + i] * 255;
        rgb[i * CHANNELS + c] = (byte) Math.clamp((long) Math.rint(value), 0, 255);
      }
    }
    return new Pixels(picture.width(), picture.height(), rgb);
  }

  /**
   * Converts a picture read from a file, with the bytes of the file. {@link BufferedImage#getRGB}
   * would brighten greys, which it takes for linear light. Transparency is dropped, and of 16 bits
   * the upper 8 are kept, as in Pillow.
   */
  public static Pixels of(BufferedImage picture) {
    int width = picture.getWidth();
    ColorModel colours = picture.getColorModel();
    int depth = colours.getComponentSize(0);
    boolean stored = !(colours instanceof IndexColorModel) && depth >= Byte.SIZE;
    int[] bands = colours.getNumColorComponents() == 1 ? new int[3] : new int[] {0, 1, 2};
    byte[] rgb = new byte[3 * width * picture.getHeight()];
    for (int at = 0; at < rgb.length; at++) {
      int x = at / 3 % width;
      int y = at / 3 / width;
      int value =
          stored
              ? picture.getRaster().getSample(x, y, bands[at % 3]) >> (depth - Byte.SIZE)
              : picture.getRGB(x, y) >> (16 - Byte.SIZE * (at % 3));
      rgb[at] = (byte) value;
    }
    return new Pixels(width, picture.getHeight(), rgb);
  }

  /** A picture for drawing or writing. */
  public BufferedImage toImage() {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int at = 0; at < rgb.length / 3; at++) {
      int value =
          (rgb[3 * at] & 0xff) << 16 | (rgb[3 * at + 1] & 0xff) << 8 | (rgb[3 * at + 2] & 0xff);
      picture.setRGB(at % width, at / width, value);
    }
    return picture;
  }

  /**
   * Resizes the picture, bit-identical to Pillow's {@code Image.resize}. Rows are filtered first,
   * then columns; both passes compute with 22 fractional bits and round to bytes.
   */
  public Pixels resize(int newWidth, int newHeight, Filter filter) {
    Pixels wide = newWidth == width ? this : filterRows(filter.taps(width, newWidth));
    return newHeight == height ? wide : wide.filterColumns(filter.taps(height, newHeight));
  }

  private Pixels filterRows(Filter.Taps taps) {
    int newWidth = taps.first().length;
    byte[] out = new byte[CHANNELS * newWidth * height];
    int[][] weights = fixedPoint(taps);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < newWidth; x++) {
        int from = (y * width + taps.first()[x]) * CHANNELS;
        filter(weights[x], from, CHANNELS, out, (y * newWidth + x) * CHANNELS);
      }
    }
    return new Pixels(newWidth, height, out);
  }

  private Pixels filterColumns(Filter.Taps taps) {
    int newHeight = taps.first().length;
    byte[] out = new byte[CHANNELS * width * newHeight];
    int[][] weights = fixedPoint(taps);
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < width; x++) {
        int from = (taps.first()[y] * width + x) * CHANNELS;
        filter(weights[y], from, width * CHANNELS, out, (y * width + x) * CHANNELS);
      }
    }
    return new Pixels(width, newHeight, out);
  }

  private void filter(int[] weights, int from, int step, byte[] out, int to) {
    for (int c = 0; c < CHANNELS; c++) {
      int sum = 1 << (FRACTION_BITS - 1);
      for (int j = 0; j < weights.length; j++) {
        sum += weights[j] * (rgb[from + j * step + c] & 0xff);
      }
      out[to + c] = (byte) Math.clamp(sum >> FRACTION_BITS, 0, 255);
    }
  }

  /** Pillow's {@code normalize_coeffs_8bpc}: rounded half away from zero. */
  private static int[][] fixedPoint(Filter.Taps taps) {
    int[][] out = new int[taps.weights().length][];
    for (int i = 0; i < out.length; i++) {
      double[] row = taps.weights()[i];
      out[i] = new int[row.length];
      for (int j = 0; j < row.length; j++) {
        double scaled = row[j] * (1 << FRACTION_BITS);
        out[i][j] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
      }
    }
    return out;
  }

  /** A part of the picture. */
  public Pixels crop(int left, int top, int newWidth, int newHeight) {
    if (left < 0 || top < 0 || left + newWidth > width || top + newHeight > height) {
      throw new IllegalArgumentException(
          "%d by %d pixels at (%d, %d) are no part of %d by %d"
              .formatted(newWidth, newHeight, left, top, width, height));
    }
    byte[] out = new byte[CHANNELS * newWidth * newHeight];
    for (int y = 0; y < newHeight; y++) {
      System.arraycopy(
          rgb,
          ((top + y) * width + left) * CHANNELS,
          out,
          y * newWidth * CHANNELS,
          newWidth * CHANNELS);
    }
    return new Pixels(newWidth, newHeight, out);
  }
}
