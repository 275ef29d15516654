package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code of reductions. The exact error of every addition (Knuth) is summed beside the sum, so
 * sums are right to the last digit however they are cut.
 *
 * <p>{@code p}: 0 outputs, 1 numbers of each, 2 x, 3 out, 4 op, 5 axes kept, 6 axes reduced, then
 * (size, step) of each axis kept and of each axis reduced.
 */
final class ReductionTasks {
  /** Work-items of a group. */
  static final int GROUP = 128;

  private ReductionTasks() {}

  /** One work-item an output. */
  static void dnftReduceEach(KernelContext c, FloatArray m, IntArray p) {
    int output = c.globalIdx;
    if (output < p.get(0)) {
      int at = p.get(2) + position(p, output, 7, p.get(5));
      int op = p.get(4);
      float total = 0f;
      float rest = 0f;
      float largest = m.get(at);
      for (int j = 0; j < p.get(1); j++) {
        float x = m.get(at + position(p, j, 7 + 2 * p.get(5), p.get(6)));
        if (x > largest) {
          largest = x;
        }
        if (op == 1) {
          x = x * x;
        }
        float next = total + x;
        float other = next - total;
        rest += (total - (next - other)) + (x - other);
        total = next;
      }
      float r = total + rest;
      if (op == 2) {
        r = largest;
      }
      m.set(p.get(3) + output, r);
    }
  }

  /** One group an output: every work-item takes each 128th number, then they meet in pairs. */
  static void dnftReduceGroup(KernelContext c, FloatArray m, IntArray p) {
    float[] totals = c.allocateFloatLocalArray(128);
    float[] rests = c.allocateFloatLocalArray(128);
    int id = c.localIdx;
    int output = c.groupIdx;
    int at = p.get(2) + position(p, output, 7, p.get(5));
    int op = p.get(4);
    float total = 0f;
    float rest = 0f;
    float largest = m.get(at);
    for (int j = id; j < p.get(1); j += 128) {
      float x = m.get(at + position(p, j, 7 + 2 * p.get(5), p.get(6)));
      if (x > largest) {
        largest = x;
      }
      if (op == 1) {
        x = x * x;
      }
      float next = total + x;
      float other = next - total;
      rest += (total - (next - other)) + (x - other);
      total = next;
    }
    totals[id] = total;
    rests[id] = rest;
    if (op == 2) {
      totals[id] = largest;
    }
    c.localBarrier();
    for (int half = 64; half > 0; half >>= 1) {
      if (id < half) {
        float x = totals[id];
        float y = totals[id + half];
        if (op == 2) {
          if (y > x) {
            totals[id] = y;
          }
        }
        if (op != 2) {
          float sum = x + y;
          float other = sum - x;
          float error = (x - (sum - other)) + (y - other);
          totals[id] = sum;
          rests[id] = rests[id] + rests[id + half] + error;
        }
      }
      c.localBarrier();
    }
    if (id == 0) {
      float r = totals[0];
      if (op != 2) {
        r = r + rests[0];
      }
      m.set(p.get(3) + output, r);
    }
  }

  /**
   * Where number {@code i} lies along {@code axes} axes whose sizes and steps start at {@code at}.
   */
  private static int position(IntArray p, int i, int at, int axes) {
    int rest = i;
    int where = 0;
    for (int axis = axes - 1; axis >= 0; axis--) {
      int size = p.get(at + 2 * axis);
      int quotient = rest / size;
      where += (rest - quotient * size) * p.get(at + 2 * axis + 1);
      rest = quotient;
    }
    return where;
  }
}
