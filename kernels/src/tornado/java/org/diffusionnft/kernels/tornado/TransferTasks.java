package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Device code between the memory and the buffers that travel. {@code p}: n, where. */
final class TransferTasks {
  private TransferTasks() {}

  /** Makes the memories exist on the device, by touching one number of each. */
  static void dnftStart(KernelContext c, FloatArray m, ShortArray h, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      m.set(i, 0f);
      h.set(i, (short) 0);
    }
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

  static void dnftPutHalf(KernelContext c, ShortArray h, ShortArray buffer, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      h.set(p.get(1) + i, buffer.get(i));
    }
  }

  static void dnftTakeHalf(KernelContext c, ShortArray h, ShortArray buffer, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      buffer.set(i, h.get(p.get(1) + i));
    }
  }
}
