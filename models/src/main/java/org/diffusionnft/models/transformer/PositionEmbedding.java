package org.diffusionnft.models.transformer;

import java.util.HashMap;
import java.util.Map;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * The position embedding of image tokens: a square table, centre-cropped to the image's rows and
 * columns.
 */
final class PositionEmbedding implements AutoCloseable {
  private final Tensor table;
  private final int side;
  private final Map<Size, Tensor> cropped = new HashMap<>();

  private record Size(int height, int width) {}

  /**
   * Takes ownership of a table {@code [1, side * side, C]}.
   *
   * @param side number of rows and columns
   */
  PositionEmbedding(Tensor table, int side) {
    this.table = table.keepForever();
    this.side = side;
  }

  /** The whole table. */
  Tensor table() {
    return table;
  }

  /**
   * The cropped table as F32.
   *
   * @param height in patches
   * @param width in patches
   * @return {@code [1, height * width, C]}
   * @throws InvalidInputException if the image is larger than the table
   */
  Tensor crop(int height, int width) {
    if (height > side || width > side) {
      throw new InvalidInputException(
          "an image of "
              + height
              + " x "
              + width
              + " patches is larger than pos_embed_max_size "
              + side);
    }
    return cropped.computeIfAbsent(new Size(height, width), this::cut);
  }

  private Tensor cut(Size size) {
    int width = size.width();
    Device device = table.device();
    Tensor rows = table.reshape(-1, table.dim(-1));
    Tensor out =
        device
            .allocate(DType.F32, Shape.of((long) size.height() * width, table.dim(-1)))
            .keepForever();
    int top = (side - size.height()) / 2;
    int left = (side - width) / 2;
    for (int y = 0; y < size.height(); y++) {
      Tensor row = rows.narrow((long) (top + y) * side + left, width);
      device.elementwise().convert(row, out.narrow((long) y * width, width));
    }
    return out.reshape(1, out.dim(0), out.dim(1));
  }

  /**
   * The table that diffusers computes, for checkpoints without one: sines and cosines of the
   * column, then of the row, scaled so that the training image has {@code sample_size / patch_size}
   * of them.
   *
   * @return {@code [1, side * side, C]}
   */
  static Tensor sinusoids(MmditConfig config, Device device) {
    int side = config.posEmbedMaxSize();
    int width = config.width();
    int quarter = width / 4;
    float[] out = new float[Math.multiplyExact(Math.multiplyExact(side, side), width)];
    for (int k = 0; k < quarter; k++) {
      for (int i = 0; i < side; i++) {
        double angle = angle(config, i, k);
        float sin = (float) StrictMath.sin(angle);
        float cos = (float) StrictMath.cos(angle);
        for (int j = 0; j < side; j++) {
          int asColumn = (j * side + i) * width + k;
          int asRow = (i * side + j) * width + 2 * quarter + k;
          out[asColumn] = sin;
          out[asColumn + quarter] = cos;
          out[asRow] = sin;
          out[asRow + quarter] = cos;
        }
      }
    }
    return Tensor.of(device, out, 1, (long) side * side, width);
  }

  /** One row of {@link #sinusoids}. */
  static float[] row(MmditConfig config, long index) {
    int quarter = config.width() / 4;
    float[] row = new float[config.width()];
    for (int k = 0; k < quarter; k++) {
      double column = angle(config, (int) (index % config.posEmbedMaxSize()), k);
      double line = angle(config, (int) (index / config.posEmbedMaxSize()), k);
      row[k] = (float) StrictMath.sin(column);
      row[quarter + k] = (float) StrictMath.cos(column);
      row[2 * quarter + k] = (float) StrictMath.sin(line);
      row[3 * quarter + k] = (float) StrictMath.cos(line);
    }
    return row;
  }

  private static double angle(MmditConfig config, int position, int k) {
    int base = config.sampleSize() / config.patchSize();
    float unit = (float) ((double) config.posEmbedMaxSize() / base);
    double frequency = 1 / StrictMath.pow(10000, k / (config.width() / 4.0));
    return (position / unit) * frequency;
  }

  @Override
  public void close() {
    cropped.values().forEach(Tensor::release);
    cropped.clear();
    table.release();
  }
}
