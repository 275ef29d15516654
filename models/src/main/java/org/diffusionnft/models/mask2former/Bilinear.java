package org.diffusionnft.models.mask2former;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Bilinear resizing without antialiasing, as PyTorch's {@code interpolate} with {@code
 * align_corners=False}.
 *
 * @param first index of the neighbour before each output position
 * @param second index of the neighbour after it
 * @param rest the weight of the second
 */
@SuppressWarnings("ArrayRecordComponent") // read by the loops below
record Bilinear(int[] first, int[] second, float[] rest) {

  /** The neighbours along an axis. */
  static Bilinear along(int from, int to) {
    Bilinear taps = new Bilinear(new int[to], new int[to], new float[to]);
    float scale = (float) from / to;
    for (int i = 0; i < to; i++) {
      float place = Math.max(scale * (i + 0.5f) - 0.5f, 0);
      int at = Math.min((int) place, from - 1);
      taps.first[i] = at;
      taps.second[i] = Math.min(at + 1, from - 1);
      taps.rest[i] = place - at;
    }
    return taps;
  }

  /** Only the first {@code count} output positions. */
  Bilinear upTo(int count) {
    return new Bilinear(
        Arrays.copyOf(first, count), Arrays.copyOf(second, count), Arrays.copyOf(rest, count));
  }

  /** Resizes {@code planes} planes of {@code [height, width]}. */
  static float[] resize(float[] in, int planes, int height, int width, int toHeight, int toWidth) {
    Bilinear down = along(height, toHeight);
    Bilinear across = along(width, toWidth);
    float[] out = new float[Math.multiplyExact(planes, Math.multiplyExact(toHeight, toWidth))];
    IntStream.range(0, planes)
        .parallel()
        .forEach(
            plane -> {
              for (int y = 0; y < toHeight; y++) {
                int to = (plane * toHeight + y) * toWidth;
                row(in, plane * height * width, width, down, y, across, out, to);
              }
            });
    return out;
  }

  /** Computes one output row of the plane that begins at {@code start}. */
  static void row(
      float[] in,
      int start,
      int width,
      Bilinear down,
      int y,
      Bilinear across,
      float[] out,
      int to) {
    int upper = start + down.first[y] * width;
    int lower = start + down.second[y] * width;
    float below = down.rest[y];
    float above = 1 - below;
    for (int x = 0; x < across.first.length; x++) {
      int left = across.first[x];
      int right = across.second[x];
      float after = across.rest[x];
      float before = 1 - after;
      out[to + x] =
          above * (before * in[upper + left] + after * in[upper + right])
              + below * (before * in[lower + left] + after * in[lower + right]);
    }
  }
}
