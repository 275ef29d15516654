package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Device code between the memory and the buffers that travel. {@code p}: n, where. */
final class TransferTasks {
  private TransferTasks() {}

  /**
   * Makes the memories exist on the device, by touching one number of each: one work-item, and no
   * condition, for what is surely written TornadoVM does not first copy there as a whole.
   */
  static void dnftStart(
      KernelContext c, FloatArray m, ShortArray h0, ShortArray h1, ShortArray h2, ShortArray h3) {
    int i = c.globalIdx;
    m.set(i, 0f);
    h0.set(i, (short) 0);
    h1.set(i, (short) 0);
    h2.set(i, (short) 0);
    h3.set(i, (short) 0);
  }

  static void dnftPut(KernelContext c, FloatArray m, FloatArray buffer, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      m.set(p.get(1) + i, buffer.get(i));
    }
  }

  static void dnftTake(KernelContext c, FloatArray m, FloatArray buffer, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      buffer.set(i, m.get(p.get(1) + i));
    }
  }

  /** {@code p}: n, where, which array of the halves. */
  static void dnftPutHalf(
      KernelContext c,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      ShortArray buffer,
      IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int at = p.get(1) + i;
      short half = buffer.get(i);
      if (p.get(2) == 0) {
        h0.set(at, half);
      }
      if (p.get(2) == 1) {
        h1.set(at, half);
      }
      if (p.get(2) == 2) {
        h2.set(at, half);
      }
      if (p.get(2) == 3) {
        h3.set(at, half);
      }
    }
  }

  /** {@code p}: n, where, which array of the halves. */
  static void dnftTakeHalf(
      KernelContext c,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      ShortArray buffer,
      IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      buffer.set(i, (short) Halves.bits(h0, h1, h2, h3, p.get(2), p.get(1) + i));
    }
  }
}
