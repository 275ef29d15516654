package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.diffusionnft.tensor.ScalarMath;
import org.diffusionnft.tensor.UnaryOp;

/**
 * One loop per function. A loop over a function passed in would be shorter, but the compiler keeps
 * vectors in registers only where it knows what is called.
 */
final class UnaryLoops {
  private UnaryLoops() {}

  /** {@code out[i] = f(x[i])} for {@code n} elements; {@code out} may be {@code x}. */
  static void run(UnaryOp op, double a, double b, long x, long out, int n, Scratch scratch) {
    int whole = Lanes.whole(n);
    vectors(op, a, b, x, out, whole);
    if (whole < n) {
      long rest = 4L * (n - whole);
      long work = scratch.work();
      Rows.fill(work, 0, LANES);
      Lanes.copy(x + 4L * whole, work, rest);
      vectors(op, a, b, work, work, LANES);
      Lanes.copy(work, out + 4L * whole, rest);
    }
  }

  private static void vectors(UnaryOp op, double a, double b, long x, long out, int n) {
    switch (op) {
      case AFFINE -> affine((float) a, (float) b, x, out, n);
      case POW -> pow(a, x, out, n);
      case CLAMP -> clamp((float) a, (float) b, x, out, n);
      case EXP -> exp(x, out, n);
      case SQRT -> sqrt(x, out, n);
      case RSQRT -> rsqrt(x, out, n);
      case ABS -> abs(x, out, n);
      case TANH -> tanh(x, out, n);
      case SIGMOID -> sigmoid(x, out, n);
      case RELU -> relu(x, out, n);
      case SILU -> silu(x, out, n);
      case GELU_TANH -> geluTanh(x, out, n);
      case GELU_ERF -> geluErf(x, out, n);
      case QUICK_GELU -> quickGelu(x, out, n);
      case LOG, SIN, COS -> exact(op, a, b, x, out, n);
    }
  }

  private static void pow(double a, long x, long out, int n) {
    if (a == 2) {
      square(x, out, n);
    } else {
      exact(UnaryOp.POW, a, 0, x, out, n);
    }
  }

  /** Functions that no hot path needs, in double precision. */
  private static void exact(UnaryOp op, double a, double b, long x, long out, int n) {
    for (long at = 0; at < 4L * n; at += 4) {
      Lanes.set(out + at, (float) ScalarMath.value(op, a, b, Lanes.get(x + at)));
    }
  }

  private static void affine(float a, float b, long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.fma(broadcast(FLOATS, a), broadcast(FLOATS, b)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void square(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.mul(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void clamp(float a, float b, long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.lanewise(VectorOperators.MAX, a)
          .lanewise(VectorOperators.MIN, b)
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void exp(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      VectorMath.exp(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void sqrt(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.sqrt().intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void rsqrt(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      broadcast(FLOATS, 1).div(v.sqrt()).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void abs(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.abs().intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void tanh(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      VectorMath.tanh(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void sigmoid(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      VectorMath.sigmoid(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void relu(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.lanewise(VectorOperators.MAX, 0f).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void silu(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.mul(VectorMath.sigmoid(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void geluTanh(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      Activations.geluTanh(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void geluErf(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      Activations.geluErf(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void quickGelu(long x, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      v.mul(VectorMath.sigmoid(v.mul(Activations.QUICK)))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }
}
