package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
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
    return step == 0
        ? Lanes.splatAt(address)
        : fromMemorySegment(FLOATS, ALL, address + 4L * i, ORDER);
  }

  private static FloatVector operand(long address, int step, int i, int count) {
    return step == 0
        ? Lanes.splatAt(address)
        : fromMemorySegment(FLOATS, ALL, address + 4L * i, ORDER, FIRST[count]);
  }

  private static void add(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.add(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.add(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void sub(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.sub(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.sub(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void mul(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.mul(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.mul(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void div(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.div(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.div(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void max(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.max(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.max(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void min(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      x.min(y).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      x.min(y).intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void greater(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.GT, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.GT, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void greaterEqual(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.GE, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.GE, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  private static void equal(long p, int stepP, long q, int stepQ, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector x = operand(p, stepP, i);
      FloatVector y = operand(q, stepQ, i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.EQ, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector x = operand(p, stepP, i, n - i);
      FloatVector y = operand(q, stepQ, i, n - i);
      broadcast(FLOATS, 0)
          .blend(1f, x.compare(VectorOperators.EQ, y))
          .intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }
}
