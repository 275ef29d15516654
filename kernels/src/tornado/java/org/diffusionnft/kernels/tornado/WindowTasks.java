package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code for convolution: unfolds the windows of an image into columns, and folds them back.
 */
final class WindowTasks {
  /** Elements of the result. */
  static final int ELEMENTS = 0;

  static final int X = 1;
  static final int OUT = 2;

  /** Size of the image. */
  static final int HEIGHT = 3;

  static final int WIDTH = 4;
  static final int WINDOW_HEIGHT = 5;
  static final int WINDOW_WIDTH = 6;
  static final int STRIDE = 7;

  /** Zero padding above the image and to its left. */
  static final int TOP = 8;

  static final int LEFT = 9;

  /** Number of windows vertically and horizontally. */
  static final int OUT_HEIGHT = 10;

  static final int OUT_WIDTH = 11;
  static final int SLOTS = 12;

  private WindowTasks() {}

  /** Unfolds windows of an image into columns; padding is 0. */
  static void dnftIm2col(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int column = i % p.get(call + OUT_WIDTH);
      int rest = i / p.get(call + OUT_WIDTH);
      int row = rest % p.get(call + OUT_HEIGHT);
      rest = rest / p.get(call + OUT_HEIGHT);
      int kx = rest % p.get(call + WINDOW_WIDTH);
      rest = rest / p.get(call + WINDOW_WIDTH);
      int ky = rest % p.get(call + WINDOW_HEIGHT);
      int plane = rest / p.get(call + WINDOW_HEIGHT);
      int y = row * p.get(call + STRIDE) + ky - p.get(call + TOP);
      int x = column * p.get(call + STRIDE) + kx - p.get(call + LEFT);
      float v = 0f;
      if (y >= 0) {
        if (y < p.get(call + HEIGHT)) {
          if (x >= 0) {
            if (x < p.get(call + WIDTH)) {
              v =
                  m.get(
                      p.get(call + X)
                          + (plane * p.get(call + HEIGHT) + y) * p.get(call + WIDTH)
                          + x);
            }
          }
        }
      }
      m.set(p.get(call + OUT) + i, v);
    }
  }

  /** The transpose of {@link #dnftIm2col}: one work-item per pixel, where x holds the columns. */
  static void dnftCol2im(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int x = i % p.get(call + WIDTH);
      int y = i / p.get(call + WIDTH) % p.get(call + HEIGHT);
      int plane = i / p.get(call + WIDTH) / p.get(call + HEIGHT);
      float total = 0f;
      for (int ky = 0; ky < p.get(call + WINDOW_HEIGHT); ky++) {
        for (int kx = 0; kx < p.get(call + WINDOW_WIDTH); kx++) {
          int down = y + p.get(call + TOP) - ky;
          int across = x + p.get(call + LEFT) - kx;
          int row = down / p.get(call + STRIDE);
          int column = across / p.get(call + STRIDE);
          int inside = 1;
          if (down < 0) {
            inside = 0;
          }
          if (across < 0) {
            inside = 0;
          }
          if (row * p.get(call + STRIDE) != down) {
            inside = 0;
          }
          if (column * p.get(call + STRIDE) != across) {
            inside = 0;
          }
          if (row >= p.get(call + OUT_HEIGHT)) {
            inside = 0;
          }
          if (column >= p.get(call + OUT_WIDTH)) {
            inside = 0;
          }
          if (inside != 0) {
            int cell =
                ((plane * p.get(call + WINDOW_HEIGHT) + ky) * p.get(call + WINDOW_WIDTH) + kx)
                        * p.get(call + OUT_HEIGHT)
                    + row;
            total += m.get(p.get(call + X) + cell * p.get(call + OUT_WIDTH) + column);
          }
        }
      }
      m.set(p.get(call + OUT) + i, total);
    }
  }
}
