package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device code of convolution: the windows of an image as columns, and back. */
final class WindowTasks {
  /** Elements of the result. */
  static final int ELEMENTS = 0;

  static final int X = 1;
  static final int OUT = 2;

  /** Of the image. */
  static final int HEIGHT = 3;

  static final int WIDTH = 4;
  static final int WINDOW_HEIGHT = 5;
  static final int WINDOW_WIDTH = 6;
  static final int STRIDE = 7;

  /** Zeros above the image, and to its left. */
  static final int TOP = 8;

  static final int LEFT = 9;

  /** How many windows there are, one below the other and side by side. */
  static final int OUT_HEIGHT = 10;

  static final int OUT_WIDTH = 11;
  static final int SLOTS = 12;

  private WindowTasks() {}

  /** Unfolds windows of an image into columns; the border is 0. */
  static void dnftIm2col(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(ELEMENTS)) {
      int column = i % p.get(OUT_WIDTH);
      int rest = i / p.get(OUT_WIDTH);
      int row = rest % p.get(OUT_HEIGHT);
      rest = rest / p.get(OUT_HEIGHT);
      int kx = rest % p.get(WINDOW_WIDTH);
      rest = rest / p.get(WINDOW_WIDTH);
      int ky = rest % p.get(WINDOW_HEIGHT);
      int plane = rest / p.get(WINDOW_HEIGHT);
      int y = row * p.get(STRIDE) + ky - p.get(TOP);
      int x = column * p.get(STRIDE) + kx - p.get(LEFT);
      float v = 0f;
      if (y >= 0) {
        if (y < p.get(HEIGHT)) {
          if (x >= 0) {
            if (x < p.get(WIDTH)) {
              v = m.get(p.get(X) + (plane * p.get(HEIGHT) + y) * p.get(WIDTH) + x);
            }
          }
        }
      }
      m.set(p.get(OUT) + i, v);
    }
  }

  /** The transpose of {@link #dnftIm2col}: one work-item a pixel, x being the columns. */
  static void dnftCol2im(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(ELEMENTS)) {
      int x = i % p.get(WIDTH);
      int y = i / p.get(WIDTH) % p.get(HEIGHT);
      int plane = i / p.get(WIDTH) / p.get(HEIGHT);
      float total = 0f;
      for (int ky = 0; ky < p.get(WINDOW_HEIGHT); ky++) {
        for (int kx = 0; kx < p.get(WINDOW_WIDTH); kx++) {
          int down = y + p.get(TOP) - ky;
          int across = x + p.get(LEFT) - kx;
          int row = down / p.get(STRIDE);
          int column = across / p.get(STRIDE);
          int inside = 1;
          if (down < 0) {
            inside = 0;
          }
          if (across < 0) {
            inside = 0;
          }
          if (row * p.get(STRIDE) != down) {
            inside = 0;
          }
          if (column * p.get(STRIDE) != across) {
            inside = 0;
          }
          if (row >= p.get(OUT_HEIGHT)) {
            inside = 0;
          }
          if (column >= p.get(OUT_WIDTH)) {
            inside = 0;
          }
          if (inside != 0) {
            int cell =
                ((plane * p.get(WINDOW_HEIGHT) + ky) * p.get(WINDOW_WIDTH) + kx) * p.get(OUT_HEIGHT)
                    + row;
            total += m.get(p.get(X) + cell * p.get(OUT_WIDTH) + column);
          }
        }
      }
      m.set(p.get(OUT) + i, total);
    }
  }
}
