package org.diffusionnft.images;

/**
 * A picture of floats.
 *
 * @param width in pixels
 * @param height in pixels
 * @param values {@code [3, height, width]}, row-major
 */
public record Planes(int width, int height, float[] values) {
  private static final int CHANNELS = 3;

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if the number of values does not match the size
   */
  public Planes {
    if (width < 1 || height < 1 || values.length != (long) CHANNELS * width * height) {
      throw new IllegalArgumentException(
          "%d values are no picture of %d by %d pixels".formatted(values.length, width, height));
    }
  }

  /**
   * Resizes the picture like PyTorch's {@code interpolate(antialias=True)}: Pillow's filters
   * without its rounding.
   */
  public Planes resize(int newWidth, int newHeight, Filter filter) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    Filter.Taps across = filter.taps(width, newWidth);
    Filter.Taps down = filter.taps(height, newHeight);
    float[] wide = new float[CHANNELS * height * newWidth];
    for (int row = 0; row < CHANNELS * height; row++) {
      for (int x = 0; x < newWidth; x++) {
        double sum = 0;
        double[] weights = across.weights()[x];
        for (int j = 0; j < weights.length; j++) {
          sum += weights[j] * values[row * width + across.first()[x] + j];
        }
        wide[row * newWidth + x] = (float) sum;
      }
    }
    float[] out = new float[CHANNELS * newHeight * newWidth];
    for (int c = 0; c < CHANNELS; c++) {
      for (int y = 0; y < newHeight; y++) {
        double[] weights = down.weights()[y];
        for (int x = 0; x < newWidth; x++) {
          double sum = 0;
          for (int j = 0; j < weights.length; j++) {
            sum += weights[j] * wide[(c * height + down.first()[y] + j) * newWidth + x];
          }
          out[(c * newHeight + y) * newWidth + x] = (float) sum;
        }
      }
    }
    return new Planes(newWidth, newHeight, out);
  }

  /** A window of the picture, padded with zeros beyond its edges. */
  public Planes window(int left, int top, int newWidth, int newHeight) {
    float[] out = new float[CHANNELS * newWidth * newHeight];
    for (int c = 0; c < CHANNELS; c++) {
      for (int y = Math.max(0, -top); y < newHeight && top + y < height; y++) {
        for (int x = Math.max(0, -left); x < newWidth && left + x < width; x++) {
          out[(c * newHeight + y) * newWidth + x] =
              values[(c * height + top + y) * width + left + x];
        }
      }
    }
    return new Planes(newWidth, newHeight, out);
  }
}
