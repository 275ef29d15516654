package org.diffusionnft.kernels;

import org.diffusionnft.tensor.UnaryOp;

/** Functions of one element that are not on a hot path, in double precision. */
final class ExactLoops {
  private ExactLoops() {}

  /** {@code out[i] = f(x[i])} for {@code n} elements; {@code out} may be {@code x}. */
  static void value(UnaryOp op, double a, double b, long x, long out, int n) {
    for (long at = 0; at < 4L * n; at += 4) {
      Lanes.set(out + at, (float) op.value(Lanes.get(x + at), a, b));
    }
  }

  /** {@code out[i] = gradOut[i] * f'(x[i])}; {@code out} may be {@code x} or {@code gradOut}. */
  static void gradient(UnaryOp op, double a, double b, long x, long gradOut, long out, int n) {
    for (long at = 0; at < 4L * n; at += 4) {
      double slope = op.derivative(Lanes.get(x + at), a, b);
      Lanes.set(out + at, (float) (Lanes.get(gradOut + at) * slope));
    }
  }
}
