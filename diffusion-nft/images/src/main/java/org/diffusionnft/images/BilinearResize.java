package org.diffusionnft.images;

/**
 * Bilinear resizing of bytes, bit-identical to OpenCV's {@code resize}: weights have 11 bits, and
 * shrinking does not smooth, except that halving both sides takes the mean of four pixels.
 */
public final class BilinearResize {
  private static final int BITS = 11;
  private static final int ONE = 1 << BITS;
  private static final int CHANNELS = 3;

  private BilinearResize() {}

  /** The neighbours of each new element, and their weights. */
  @SuppressWarnings("ArrayRecordComponent") // read by the loops below
  private record Taps(int[] first, int[] second, int[] low, int[] high) {
    /** Across rows, OpenCV keeps the weights at the edge, where both neighbours are the same. */
    static Taps of(int from, int to, boolean keep) {
      double scale = 1 / ((double) to / from);
      Taps taps = new Taps(new int[to], new int[to], new int[to], new int[to]);
      for (int i = 0; i < to; i++) {
        float place = (float) ((i + 0.5) * scale - 0.5);
        int at = (int) Math.floor(place);
        float rest = place - at;
        if (!keep && (at < 0 || at >= from - 1)) {
          at = Math.clamp(at, 0, from - 1);
          rest = 0;
        }
        taps.first[i] = Math.clamp(at, 0, from - 1);
        taps.second[i] = Math.clamp(at + 1, 0, from - 1);
        taps.low[i] = (int) Math.rint((1 - rest) * ONE);
        taps.high[i] = (int) Math.rint(rest * ONE);
      }
      return taps;
    }
  }

  /** Resizes a picture. */
  public static Pixels resize(Pixels picture, int width, int height) {
    if (width == picture.width() && height == picture.height()) {
      return picture;
    }
    if (picture.width() == 2 * width && picture.height() == 2 * height) {
      return halved(picture, width, height);
    }
    Taps xs = Taps.of(picture.width(), width, false);
    Taps ys = Taps.of(picture.height(), height, true);
    byte[] in = picture.rgb();
    byte[] out = new byte[CHANNELS * width * height];
    for (int y = 0; y < height; y++) {
      int top = ys.first[y] * picture.width();
      int bottom = ys.second[y] * picture.width();
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < CHANNELS; c++) {
          int left = xs.first[x];
          int right = xs.second[x];
          int upper = row(in, top, left, right, c, xs, x);
          int lower = row(in, bottom, left, right, c, xs, x);
          int value =
              (((ys.low[y] * (upper >> 4)) >> 16) + ((ys.high[y] * (lower >> 4)) >> 16) + 2) >> 2;
          out[(y * width + x) * CHANNELS + c] = (byte) Math.clamp(value, 0, 255);
        }
      }
    }
    return new Pixels(width, height, out);
  }

  private static int row(byte[] in, int start, int left, int right, int c, Taps xs, int x) {
    return (in[(start + left) * CHANNELS + c] & 0xff) * xs.low[x]
        + (in[(start + right) * CHANNELS + c] & 0xff) * xs.high[x];
  }

  private static Pixels halved(Pixels picture, int width, int height) {
    byte[] in = picture.rgb();
    byte[] out = new byte[CHANNELS * width * height];
    int stride = picture.width() * CHANNELS;
    for (int i = 0; i < out.length; i++) {
      int x = i / CHANNELS % width;
      int y = i / CHANNELS / width;
      int at = 2 * y * stride + 2 * x * CHANNELS + i % CHANNELS;
      int sum =
          (in[at] & 0xff)
              + (in[at + CHANNELS] & 0xff)
              + (in[at + stride] & 0xff)
              + (in[at + stride + CHANNELS] & 0xff);
      out[i] = (byte) ((sum + 2) >> 2);
    }
    return new Pixels(width, height, out);
  }
}
