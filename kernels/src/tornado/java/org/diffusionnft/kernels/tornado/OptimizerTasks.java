package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device code for in-place updates, one work-item per element. */
final class OptimizerTasks {
  static final int ELEMENTS = 0;

  /** The tensor that is updated. */
  static final int TARGET = 1;

  /** The gradient, or the tensor that the target moves towards. */
  static final int SOURCE = 2;

  static final int FIRST_MOMENT = 3;
  static final int SECOND_MOMENT = 4;
  static final int SLOTS = 5;

  // Slots of f for AdamW, where t is the step number.
  /** 1 minus learning rate times weight decay. */
  static final int DECAY = 0;

  /** Learning rate / (1 - β₁ᵗ). */
  static final int STEP = 1;

  /** 1 - β₁. */
  static final int ONE_LESS_BETA1 = 2;

  /** 1 - β₂. */
  static final int ONE_LESS_BETA2 = 3;

  static final int BETA2 = 4;

  /** sqrt(1 - β₂ᵗ). */
  static final int ROOT = 5;

  static final int EPS = 6;
  static final int GRADIENT_SCALE = 7;
  static final int SCALARS = 8;

  /** The slot of f for lerp: how far the target moves, from 0 to 1. */
  static final int WEIGHT = 0;

  private OptimizerTasks() {}

  static void dnftAdamW(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      float g = m.get(p.get(call + SOURCE) + i) * Scalars.argument(m, p, call, GRADIENT_SCALE);
      float first = m.get(p.get(call + FIRST_MOMENT) + i);
      first = first + Scalars.argument(m, p, call, ONE_LESS_BETA1) * (g - first);
      float second =
          Scalars.argument(m, p, call, BETA2) * m.get(p.get(call + SECOND_MOMENT) + i)
              + Scalars.argument(m, p, call, ONE_LESS_BETA2) * g * g;
      float x = m.get(p.get(call + TARGET) + i) * Scalars.argument(m, p, call, DECAY);
      x =
          x
              - Scalars.argument(m, p, call, STEP)
                  * first
                  / (TornadoMath.sqrt(second) / Scalars.argument(m, p, call, ROOT)
                      + Scalars.argument(m, p, call, EPS));
      m.set(p.get(call + FIRST_MOMENT) + i, first);
      m.set(p.get(call + SECOND_MOMENT) + i, second);
      m.set(p.get(call + TARGET) + i, x);
    }
  }

  static void dnftLerp(KernelContext c, FloatArray m, IntArray p, int call) {
    int i = c.globalIdx;
    if (i < p.get(call + ELEMENTS)) {
      float t = m.get(p.get(call + TARGET) + i);
      m.set(
          p.get(call + TARGET) + i,
          t + Scalars.argument(m, p, call, WEIGHT) * (m.get(p.get(call + SOURCE) + i) - t));
    }
  }
}
