package org.diffusionnft.models.mask2former;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How a map of tokens is split into windows (Liu et al., arXiv 2103.14030): padded with zeros to
 * whole windows, rolled by the shift, and split. Each direction is a single gather of rows.
 *
 * @param windows number of windows
 * @param tokens number of tokens per window
 * @param filled whether zero padding is needed
 * @param into I64 {@code [windows * tokens]}: the map index of each window token; an index equal to
 *     the map's size stands for zeros
 * @param back I64 {@code [height * width]}: the window index of each map token
 * @param mask {@code [windows, 1, tokens, tokens]}, added to the scores, to separate tokens that
 *     only the roll brings together; null without a shift
 */
record WindowGrid(
    long windows, long tokens, boolean filled, Tensor into, Tensor back, @Nullable Variable mask) {
  /** As in the published models; not enough for a softmax of exactly 0. */
  private static final float APART = -100;

  /**
   * The windows of a map.
   *
   * @param shift how far the map is rolled up and to the left; below the window's side
   */
  static WindowGrid of(Device device, int height, int width, int window, int shift) {
    int down = Math.ceilDiv(height, window);
    int across = Math.ceilDiv(width, window);
    int rows = down * window;
    int columns = across * window;
    int tokens = window * window;
    long[] into = new long[rows * columns];
    long[] back = new long[height * width];
    int[] region = new int[into.length];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        int cell = (y / window) * across + x / window;
        int at = cell * tokens + (y % window) * window + x % window;
        int fromY = (y + shift) % rows;
        int fromX = (x + shift) % columns;
        boolean inside = fromY < height && fromX < width;
        into[at] = inside ? (long) fromY * width + fromX : (long) height * width;
        if (inside) {
          back[fromY * width + fromX] = at;
        }
        region[at] = 3 * third(y, rows, window, shift) + third(x, columns, window, shift);
      }
    }
    int windows = down * across;
    return new WindowGrid(
        windows,
        tokens,
        into.length > back.length,
        Tensor.of(device, into, into.length),
        Tensor.of(device, back, back.length),
        shift == 0 ? null : Variable.constant(mask(device, region, windows, tokens)));
  }

  /** Which part of the rolled map a position is in: the bulk, before the seam, or after it. */
  private static int third(int at, int size, int window, int shift) {
    return (at >= size - window ? 1 : 0) + (at >= size - shift ? 1 : 0);
  }

  private static Tensor mask(Device device, int[] region, int windows, int tokens) {
    float[] mask = new float[Math.multiplyExact(region.length, tokens)];
    for (int i = 0; i < region.length; i++) {
      int window = i / tokens * tokens;
      for (int j = 0; j < tokens; j++) {
        mask[i * tokens + j] = region[i] == region[window + j] ? 0 : APART;
      }
    }
    return Tensor.of(device, mask, windows, 1, tokens, tokens);
  }

  /** {@code [1, height * width, C]} to {@code [windows, tokens, C]}. */
  Variable cut(Variable map) {
    Variable rows = filled ? map.pad(1, 0, 1) : map;
    long width = map.dim(2);
    return rows.reshape(-1, width).embedding(into).reshape(windows, tokens, width);
  }

  /** {@code [windows, tokens, C]} to {@code [1, height * width, C]}. */
  Variable join(Variable cut) {
    long width = cut.dim(2);
    return cut.reshape(-1, width).embedding(back).reshape(1, back.elements(), width);
  }
}
