package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device code of updates in place. */
final class OptimizerTasks {
  private OptimizerTasks() {}

  /**
   * {@code p}: n, parameter, gradient, first moment, second moment; {@code f}: 0 decay, 1 step, 2
   * and 3 1 - β₁ and 1 - β₂, 4 β₂, 5 sqrt(1 - β₂ᵗ), 6 eps, 7 scale of the gradient.
   */
  static void dnftAdamW(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      float g = m.get(p.get(2) + i) * f.get(7);
      float first = m.get(p.get(3) + i);
      first = first + f.get(2) * (g - first);
      float second = f.get(4) * m.get(p.get(4) + i) + f.get(3) * g * g;
      float x = m.get(p.get(1) + i) * f.get(0);
      x = x - f.get(1) * first / (TornadoMath.sqrt(second) / f.get(5) + f.get(6));
      m.set(p.get(3) + i, first);
      m.set(p.get(4) + i, second);
      m.set(p.get(1) + i, x);
    }
  }

  /** {@code p}: n, target, source; {@code f}: weight. */
  static void dnftLerp(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    int i = c.globalIdx;
    if (i < p.get(0)) {
      float t = m.get(p.get(1) + i);
      m.set(p.get(1) + i, t + f.get(0) * (m.get(p.get(2) + i) - t));
    }
  }
}
