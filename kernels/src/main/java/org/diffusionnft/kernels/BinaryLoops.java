package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.diffusionnft.tensor.BinaryOp;

/** One loop per function of two elements; see {@link UnaryLoops} for why. */
final class BinaryLoops {
  private BinaryLoops() {}

  /**
   * {@code out[i] = p[i] op q[i]} for {@code n} elements. A step is 1, or 0 for one element that
   * serves all; {@code out} may be an operand whose step is 1.
   */
  static void run(BinaryOp op, long p, int stepP, long q, int stepQ, long out, int n) {
    if (stepP == 0 && stepQ == 0 && n > 1) {
      run(op, p, 1, q, 1, out, 1);
      float value = Lanes.get(out);
      for (int i = 1; i < n; i++) {
        Lanes.set(out + 4L * i, value);
      }
      return;
    }
    switch (op) {
      case ADD -> add(p, stepP, q, stepQ, out, n);
      case SUB -> sub(p, stepP, q, stepQ, out, n);
      case MUL -> mul(p, stepP, q, stepQ, out, n);
      case DIV -> div(p, stepP, q, stepQ, out, n);
      case MAX -> max(p, stepP, q, stepQ, out, n);
      case MIN -> min(p, stepP, q, stepQ, out, n);
      case GREATER -> greater(p, stepP, q, stepQ, out, n);
      case GREATER_EQUAL -> greaterEqual(p, stepP, q, stepQ, out, n);
      case EQUAL -> equal(p, stepP, q, stepQ, out, n);
    }
  }

  private static FloatVector operand(long address, int step, int i) {
    return step == 0 ? Lanes.splatAt(address) : load(address + 4L * i);
  }

  private static FloatVector operand(long address, int step, int i, int count) {
    return step == 0 ? Lanes.splatAt(address) : load(address + 4L * i, count);
  }

  private static void add(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.add(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.add(y), n - i);
    }
  }

  private static void sub(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.sub(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.sub(y), n - i);
    }
  }

  private static void mul(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.mul(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.mul(y), n - i);
    }
  }

  private static void div(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.div(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.div(y), n - i);
    }
  }

  private static void max(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.max(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.max(y), n - i);
    }
  }

  private static void min(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, x.min(y));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, x.min(y), n - i);
    }
  }

  private static void greater(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.GT, y)));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.GT, y)), n - i);
    }
  }

  private static void greaterEqual(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.GE, y)));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.GE, y)), n - i);
    }
  }

  private static void equal(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.EQ, y)));
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      store(out + 4L * i, splat(0).blend(1f, x.compare(VectorOperators.EQ, y)), n - i);
    }
  }
}
