package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code for reductions. The exact error of every addition (Knuth's two-sum) is accumulated
 * separately, so sums are correct to the last digit in any order of addition.
 */
final class ReductionTasks {
  static final int OUTPUTS = 0;

  /** Number of elements reduced to each output. */
  static final int EACH = 1;

  static final int X = 2;
  static final int OUT = 3;

  /** A {@link ReduceCode}. */
  static final int CODE = 4;

  /** Number of kept axes. */
  static final int KEPT = 5;

  /** Number of reduced axes. */
  static final int REDUCED = 6;

  /** From here on: size and stride of each kept axis, then of each reduced axis. */
  static final int AXES = 7;

  /** Work-items per group. */
  static final int GROUP = 128;

  private ReductionTasks() {}

  /** One work-item per output. */
  static void dnftReduceEach(KernelContext c, FloatArray m, IntArray p, int call) {
    int output = c.globalIdx;
    if (output < p.get(call + OUTPUTS)) {
      int at = p.get(call + X) + position(p, call, output, AXES, p.get(call + KEPT));
      int op = p.get(call + CODE);
      float total = 0f;
      float rest = 0f;
      float largest = m.get(at);
      for (int j = 0; j < p.get(call + EACH); j++) {
        float x =
            m.get(at + position(p, call, j, AXES + 2 * p.get(call + KEPT), p.get(call + REDUCED)));
        if (x > largest) {
          largest = x;
        }
        if (op == ReduceCode.SUM_OF_SQUARES) {
          x = x * x;
        }
        float next = total + x;
        float other = next - total;
        rest += (total - (next - other)) + (x - other);
        total = next;
      }
      float r = total + rest;
      if (op == ReduceCode.MAX) {
        r = largest;
      }
      m.set(p.get(call + OUT) + output, r);
    }
  }

  /**
   * One group per output: a work-item takes every 128th element, then partial results are combined
   * pairwise.
   */
  static void dnftReduceGroup(KernelContext c, FloatArray m, IntArray p, int call) {
    float[] totals = c.allocateFloatLocalArray(GROUP);
    float[] rests = c.allocateFloatLocalArray(GROUP);
    int id = c.localIdx;
    int output = c.groupIdx;
    int at = p.get(call + X) + position(p, call, output, AXES, p.get(call + KEPT));
    int op = p.get(call + CODE);
    float total = 0f;
    float rest = 0f;
    float largest = m.get(at);
    for (int j = id; j < p.get(call + EACH); j += GROUP) {
      float x =
          m.get(at + position(p, call, j, AXES + 2 * p.get(call + KEPT), p.get(call + REDUCED)));
      if (x > largest) {
        largest = x;
      }
      if (op == ReduceCode.SUM_OF_SQUARES) {
        x = x * x;
      }
      float next = total + x;
      float other = next - total;
      rest += (total - (next - other)) + (x - other);
      total = next;
    }
    totals[id] = total;
    rests[id] = rest;
    if (op == ReduceCode.MAX) {
      totals[id] = largest;
    }
    c.localBarrier();
    for (int half = GROUP / 2; half > 0; half >>= 1) {
      if (id < half) {
        float x = totals[id];
        float y = totals[id + half];
        if (op == ReduceCode.MAX) {
          if (y > x) {
            totals[id] = y;
          }
        }
        if (op != ReduceCode.MAX) {
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
      if (op != ReduceCode.MAX) {
        r = r + rests[0];
      }
      m.set(p.get(call + OUT) + output, r);
    }
  }

  /**
   * The offset of element {@code i} along {@code axes} axes; slot {@code at} of {@code p} holds the
   * size of the first.
   */
  private static int position(IntArray p, int call, int i, int at, int axes) {
    int rest = i;
    int offset = 0;
    for (int axis = axes - 1; axis >= 0; axis--) {
      int size = p.get(call + at + 2 * axis);
      int quotient = rest / size;
      offset += (rest - quotient * size) * p.get(call + at + 2 * axis + 1);
      rest = quotient;
    }
    return offset;
  }
}
