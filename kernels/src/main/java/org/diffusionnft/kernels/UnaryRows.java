package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;

import org.diffusionnft.tensor.UnaryOp;

/**
 * Functions of one element and their gradients, for rows of any length. A tail shorter than a
 * vector is copied to a vector-sized buffer: the loops have no masked step, because the longer
 * functions use up the compiler's inlining budget.
 */
final class UnaryRows {
  private UnaryRows() {}

  /** {@code out[i] = f(x[i])} for {@code n} elements; {@code out} may be {@code x}. */
  static void value(UnaryOp op, double a, double b, long x, long out, int n, Scratch scratch) {
    int whole = Lanes.whole(n);
    UnaryLoops.run(op, a, b, x, out, whole);
    if (whole < n) {
      long rest = 4L * (n - whole);
      long work = scratch.work();
      RowLoops.fill(work, 0, LANES);
      Lanes.copy(x + 4L * whole, work, rest);
      UnaryLoops.run(op, a, b, work, work, LANES);
      Lanes.copy(work, out + 4L * whole, rest);
    }
  }

  /** {@code out[i] = gradOut[i] * f'(x[i])}; {@code out} may be {@code x} or {@code gradOut}. */
  static void gradient(
      UnaryOp op, double a, double b, long x, long gradOut, long out, int n, Scratch scratch) {
    int whole = Lanes.whole(n);
    UnaryGradLoops.run(op, a, b, x, gradOut, out, whole);
    if (whole < n) {
      long rest = 4L * (n - whole);
      long workX = scratch.work();
      long workG = workX + Lanes.BYTES;
      RowLoops.fill(workX, 0, 2 * LANES);
      Lanes.copy(x + 4L * whole, workX, rest);
      Lanes.copy(gradOut + 4L * whole, workG, rest);
      UnaryGradLoops.run(op, a, b, workX, workG, workG, LANES);
      Lanes.copy(workG, out + 4L * whole, rest);
    }
  }
}
