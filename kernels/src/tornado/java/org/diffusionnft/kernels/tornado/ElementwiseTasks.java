package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Device code that treats every element alike. In all device code of this package {@code m} is the
 * device's memory and {@code p} and {@code f} hold the arguments of the call; see {@link
 * Arguments}.
 */
final class ElementwiseTasks {
  private ElementwiseTasks() {}

  /** {@code p}: n, out; {@code f}: value. */
  static void dnftFill(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      m.set(p.get(1) + i, f.get(0));
    }
  }

  /** {@code p}: n, x, out, op, whether it is an angle; {@code f}: a, b. */
  static void dnftUnary(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      float x = m.get(p.get(1) + i);
      if (p.get(4) != 0) {
        x = Angles.reduced(m, x);
      }
      m.set(p.get(2) + i, Scalars.value(p.get(3), f.get(0), f.get(1), x));
    }
  }

  /** {@code p}: n, x, gradOut, gradX, op; {@code f}: a, b. */
  static void dnftUnaryGrad(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      float x = m.get(p.get(1) + i);
      float g = m.get(p.get(2) + i);
      if (p.get(4) >= 8) {
        if (p.get(4) <= 9) {
          x = Angles.reduced(m, x);
        }
      }
      m.set(p.get(3) + i, g * Scalars.derivative(p.get(4), f.get(0), f.get(1), x));
    }
  }

  /** {@code p}: n, x, y, out, op, rank, then {@code rank} times (size, stride of x, of y). */
  static void dnftBinary(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int rest = i;
      int xi = p.get(1);
      int yi = p.get(2);
      for (int axis = p.get(5) - 1; axis >= 0; axis--) {
        int size = p.get(6 + 3 * axis);
        int quotient = rest / size;
        int at = rest - quotient * size;
        xi += at * p.get(7 + 3 * axis);
        yi += at * p.get(8 + 3 * axis);
        rest = quotient;
      }
      float x = m.get(xi);
      float y = m.get(yi);
      m.set(p.get(3) + i, Scalars.combined(p.get(4), x, y));
    }
  }

  /** {@code p}: n, condition, x, y, out. */
  static void dnftSelect(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      float r = m.get(p.get(3) + i);
      if (m.get(p.get(1) + i) != 0f) {
        r = m.get(p.get(2) + i);
      }
      m.set(p.get(4) + i, r);
    }
  }

  /** {@code p}: n, residual, gate, x, out, channels, elements of one sample. */
  static void dnftGatedAdd(KernelContext c, FloatArray m, IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      int channels = p.get(5);
      float gate = m.get(p.get(2) + i / p.get(6) * channels + i % channels);
      m.set(p.get(4) + i, m.get(p.get(1) + i) + gate * m.get(p.get(3) + i));
    }
  }

  /** {@code p}: n, x (in the halves), out, type of the half. */
  static void dnftWiden(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      m.set(p.get(2) + i, Halves.at(m, h0, h1, h2, h3, p.get(3), p.get(1) + i));
    }
  }
}
