package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Device code that only moves elements. */
final class LayoutTasks {
  private LayoutTasks() {}

  /**
   * Reads and writes with any steps: permutation, slicing, placing, broadcasting and plain copies.
   * {@code p}: n, x, out, rank, then {@code rank} times (size, step of x, step of out).
   */
  static void dnftStridedCopy(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int rest = i;
      int from = p.get(1);
      int to = p.get(2);
      for (int axis = p.get(3) - 1; axis >= 0; axis--) {
        int size = p.get(4 + 3 * axis);
        int quotient = rest / size;
        int at = rest - quotient * size;
        from += at * p.get(5 + 3 * axis);
        to += at * p.get(6 + 3 * axis);
        rest = quotient;
      }
      m.set(to, m.get(from));
    }
  }

  /** {@code p}: n, table, ids (as floats), out, channels, type of the table. */
  static void dnftGather(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int channels = p.get(4);
      int id = (int) m.get(p.get(2) + i / channels);
      int at = p.get(1) + id * channels + i % channels;
      float v = 0f;
      if (p.get(5) == 0) {
        v = m.get(at);
      }
      if (p.get(5) != 0) {
        v = Halves.at(m, h0, h1, h2, h3, p.get(5), at);
      }
      m.set(p.get(3) + i, v);
    }
  }

  /** One work-item a channel, rows in order. {@code p}: channels, x, ids (as floats), out, rows. */
  static void dnftScatterAdd(KernelContext c, FloatArray m, IntArray p) {
    int channel = c.globalIdx;
    int channels = p.get(0);
    if (channel < channels) {
      for (int row = 0; row < p.get(4); row++) {
        int id = (int) m.get(p.get(2) + row);
        int at = p.get(3) + id * channels + channel;
        m.set(at, m.get(at) + m.get(p.get(1) + row * channels + channel));
      }
    }
  }

  /**
   * {@code p}: 0 n, 1 x, 2 out, 3 height, 4 width, 5 window's height, 6 its width, 7 stride, 8 top,
   * 9 left, 10 height and 11 width of the result.
   */
  static void dnftIm2col(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int column = i % p.get(11);
      int rest = i / p.get(11);
      int row = rest % p.get(10);
      rest = rest / p.get(10);
      int kx = rest % p.get(6);
      rest = rest / p.get(6);
      int ky = rest % p.get(5);
      int plane = rest / p.get(5);
      int y = row * p.get(7) + ky - p.get(8);
      int x = column * p.get(7) + kx - p.get(9);
      float v = 0f;
      if (y >= 0) {
        if (y < p.get(3)) {
          if (x >= 0) {
            if (x < p.get(4)) {
              v = m.get(p.get(1) + (plane * p.get(3) + y) * p.get(4) + x);
            }
          }
        }
      }
      m.set(p.get(2) + i, v);
    }
  }

  /** One work-item a pixel; {@code p} as in {@link #dnftIm2col}, x being the columns. */
  static void dnftCol2im(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int x = i % p.get(4);
      int y = i / p.get(4) % p.get(3);
      int plane = i / p.get(4) / p.get(3);
      float total = 0f;
      for (int ky = 0; ky < p.get(5); ky++) {
        for (int kx = 0; kx < p.get(6); kx++) {
          int down = y + p.get(8) - ky;
          int across = x + p.get(9) - kx;
          int row = down / p.get(7);
          int column = across / p.get(7);
          int inside = 1;
          if (down < 0) {
            inside = 0;
          }
          if (across < 0) {
            inside = 0;
          }
          if (row * p.get(7) != down) {
            inside = 0;
          }
          if (column * p.get(7) != across) {
            inside = 0;
          }
          if (row >= p.get(10)) {
            inside = 0;
          }
          if (column >= p.get(11)) {
            inside = 0;
          }
          if (inside != 0) {
            int cell = ((plane * p.get(5) + ky) * p.get(6) + kx) * p.get(10) + row;
            total += m.get(p.get(1) + cell * p.get(11) + column);
          }
        }
      }
      m.set(p.get(2) + i, total);
    }
  }
}
