package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Device code that only moves elements, or adds those with the same target. */
final class LayoutTasks {
  /** Work-items of the call, one for each element of the result unless a kernel says otherwise. */
  static final int ELEMENTS = 0;

  static final int OUT = 1;
  static final int X = 2;

  /** Ids of the rows of a table, as floats. */
  static final int IDS = 3;

  static final int CHANNELS = 4;

  /** How a table is stored, see {@link Halves#type}. */
  static final int TYPE = 5;

  /** Number of ids. */
  static final int ROWS = 6;

  /** Number of axes of a strided copy. */
  static final int RANK = 7;

  /** From here on: size, stride of x, stride of out, for each axis. */
  static final int AXES = 8;

  /** Slots of a call without axes. */
  static final int SLOTS = AXES;

  private LayoutTasks() {}

  /** Reads and writes with any strides: permute, slice, place, broadcast and plain copies. */
  static void dnftStridedCopy(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int rest = i;
      int from = p.get(call + X);
      int to = p.get(call + OUT);
      for (int axis = p.get(call + RANK) - 1; axis >= 0; axis--) {
        int size = p.get(call + AXES + 3 * axis);
        int quotient = rest / size;
        int index = rest - quotient * size;
        from += index * p.get(call + AXES + 3 * axis + 1);
        to += index * p.get(call + AXES + 3 * axis + 2);
        rest = quotient;
      }
      m.set(to, m.get(from));
    }
  }

  /** Rows of a table x, chosen by their ids and widened to F32. */
  static void dnftGather(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p,
      int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int channels = p.get(call + CHANNELS);
      int id = (int) m.get(p.get(call + IDS) + i / channels);
      int at = p.get(call + X) + id * channels + i % channels;
      m.set(p.get(call + OUT) + i, Halves.number(m, h0, h1, h2, h3, p.get(call + TYPE), at));
    }
  }

  /** One work-item per channel, which adds its rows in order. */
  static void dnftScatterAdd(KernelContext c, FloatArray m, IntArray p, int call) {
    int channel = c.globalIdx;
    int channels = p.get(call + CHANNELS);
    if (channel < channels) {
      for (int row = 0; row < p.get(call + ROWS); row++) {
        int id = (int) m.get(p.get(call + IDS) + row);
        int at = p.get(call + OUT) + id * channels + channel;
        m.set(at, m.get(at) + m.get(p.get(call + X) + row * channels + channel));
      }
    }
  }
}
