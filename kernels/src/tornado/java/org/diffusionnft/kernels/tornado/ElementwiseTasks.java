package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Elementwise device code, one work-item per element. In all device code of this package, {@code m}
 * is the device's memory, and {@code p} and {@code f} hold the arguments of the call, in slots
 * named at the top of each class; see {@link Arguments}.
 */
final class ElementwiseTasks {
  /** Elements of the result. */
  static final int ELEMENTS = 0;

  static final int OUT = 1;
  static final int X = 2;
  static final int Y = 3;

  /** A {@link UnaryCode} or a {@link BinaryCode}. */
  static final int CODE = 4;

  /** Whether the function takes an angle. */
  static final int ANGLE = 5;

  static final int GRAD_OUT = 6;
  static final int CONDITION = 7;
  static final int RESIDUAL = 8;
  static final int GATE = 9;
  static final int CHANNELS = 10;

  /** Elements per sample; a sample has a gate for each channel. */
  static final int SAMPLE = 11;

  /** How a half-precision tensor is stored, see {@link Halves#type}. */
  static final int TYPE = 12;

  /** Number of axes of a broadcast. */
  static final int RANK = 13;

  /** From here on: size, stride of x, stride of y, for each axis. */
  static final int AXES = 14;

  /** Slots of a call without axes. */
  static final int SLOTS = AXES;

  /** Slots of {@code f}: the parameters of a unary function; the value of a fill. */
  static final int A = 0;

  static final int B = 1;
  static final int VALUE = 0;

  private ElementwiseTasks() {}

  static void dnftFill(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      m.set(p.get(call + OUT) + i, Scalars.argument(m, p, call, VALUE));
    }
  }

  static void dnftUnary(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      float x = m.get(p.get(call + X) + i);
      if (p.get(call + ANGLE) != 0) {
        x = Angles.reduced(m, x);
      }
      m.set(
          p.get(call + OUT) + i,
          Scalars.value(
              p.get(call + CODE),
              Scalars.argument(m, p, call, A),
              Scalars.argument(m, p, call, B),
              x));
    }
  }

  /** The result is the gradient with respect to x. */
  static void dnftUnaryGrad(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      float x = m.get(p.get(call + X) + i);
      float g = m.get(p.get(call + GRAD_OUT) + i);
      if (p.get(call + ANGLE) != 0) {
        x = Angles.reduced(m, x);
      }
      m.set(
          p.get(call + OUT) + i,
          g
              * Scalars.derivative(
                  p.get(call + CODE),
                  Scalars.argument(m, p, call, A),
                  Scalars.argument(m, p, call, B),
                  x));
    }
  }

  /** Operands are broadcast: a stride of 0 repeats one element. */
  static void dnftBinary(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int rest = i;
      int xAt = p.get(call + X);
      int yAt = p.get(call + Y);
      for (int axis = p.get(call + RANK) - 1; axis >= 0; axis--) {
        int size = p.get(call + AXES + 3 * axis);
        int quotient = rest / size;
        int index = rest - quotient * size;
        xAt += index * p.get(call + AXES + 3 * axis + 1);
        yAt += index * p.get(call + AXES + 3 * axis + 2);
        rest = quotient;
      }
      float x = m.get(xAt);
      float y = m.get(yAt);
      m.set(p.get(call + OUT) + i, Scalars.combined(p.get(call + CODE), x, y));
    }
  }

  /** x where the condition is not 0, y elsewhere. */
  static void dnftSelect(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      float r = m.get(p.get(call + Y) + i);
      if (m.get(p.get(call + CONDITION) + i) != 0f) {
        r = m.get(p.get(call + X) + i);
      }
      m.set(p.get(call + OUT) + i, r);
    }
  }

  /** The residual, plus x times the gate of its sample and channel. */
  static void dnftGatedAdd(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      int channels = p.get(call + CHANNELS);
      float gate = m.get(p.get(call + GATE) + i / p.get(call + SAMPLE) * channels + i % channels);
      m.set(
          p.get(call + OUT) + i,
          m.get(p.get(call + RESIDUAL) + i) + gate * m.get(p.get(call + X) + i));
    }
  }

  /** Half precision to F32. */
  static void dnftWiden(
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
      m.set(
          p.get(call + OUT) + i,
          Halves.number(m, h0, h1, h2, h3, p.get(call + TYPE), p.get(call + X) + i));
    }
  }
}
