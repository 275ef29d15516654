package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/** Device code that copies between the device's memory and the transfer buffers. */
final class TransferTasks {
  static final int ELEMENTS = 0;

  /** Position of the first element in the memory. */
  static final int AT = 1;

  /** Which array of halves. */
  static final int ARRAY = 2;

  static final int SLOTS = 3;

  private TransferTasks() {}

  /**
   * Creates the memories on the device by writing one value to each. One work-item, and no
   * condition: TornadoVM copies an array to the device first unless it is certain to be written.
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

  static void dnftPut(KernelContext c, FloatArray m, FloatArray buffer, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      m.set(p.get(call + AT) + i, buffer.get(i));
    }
  }

  static void dnftTake(KernelContext c, FloatArray m, FloatArray buffer, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      buffer.set(i, m.get(p.get(call + AT) + i));
    }
  }

  static void dnftPutHalf(
      KernelContext c,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      ShortArray buffer,
      IntArray p,
      int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int at = p.get(call + AT) + i;
      short half = buffer.get(i);
      if (p.get(call + ARRAY) == 0) {
        h0.set(at, half);
      }
      if (p.get(call + ARRAY) == 1) {
        h1.set(at, half);
      }
      if (p.get(call + ARRAY) == 2) {
        h2.set(at, half);
      }
      if (p.get(call + ARRAY) == 3) {
        h3.set(at, half);
      }
    }
  }

  static void dnftTakeHalf(
      KernelContext c,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      ShortArray buffer,
      IntArray p,
      int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      buffer.set(i, (short) Halves.bits(h0, h1, h2, h3, p.get(call + ARRAY), p.get(call + AT) + i));
    }
  }
}
