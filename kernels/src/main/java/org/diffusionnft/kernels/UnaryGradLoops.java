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

/** One loop per derivative; see {@link UnaryLoops} for why. */
final class UnaryGradLoops {
  private UnaryGradLoops() {}

  /** {@code out[i] = gradOut[i] * f'(x[i])}; {@code out} may be {@code x} or {@code gradOut}. */
  static void run(
      UnaryOp op, double a, double b, long x, long gradOut, long out, int n, Scratch scratch) {
    int whole = Lanes.whole(n);
    vectors(op, a, b, x, gradOut, out, whole);
    if (whole < n) {
      long rest = 4L * (n - whole);
      long workX = scratch.work();
      long workG = workX + Lanes.BYTES;
      Rows.fill(workX, 0, 2 * LANES);
      Lanes.copy(x + 4L * whole, workX, rest);
      Lanes.copy(gradOut + 4L * whole, workG, rest);
      vectors(op, a, b, workX, workG, workG, LANES);
      Lanes.copy(workG, out + 4L * whole, rest);
    }
  }

  private static void vectors(
      UnaryOp op, double a, double b, long x, long gradOut, long out, int n) {
    switch (op) {
      case AFFINE -> scale((float) a, gradOut, out, n);
      case POW -> pow(a, x, gradOut, out, n);
      case CLAMP -> clamp((float) a, (float) b, x, gradOut, out, n);
      case EXP -> exp(x, gradOut, out, n);
      case LOG -> log(x, gradOut, out, n);
      case SQRT -> sqrt(x, gradOut, out, n);
      case ABS -> abs(x, gradOut, out, n);
      case TANH -> tanh(x, gradOut, out, n);
      case SIGMOID -> sigmoid(x, gradOut, out, n);
      case RELU -> relu(x, gradOut, out, n);
      case SILU -> silu(x, gradOut, out, n);
      case GELU_TANH -> geluTanh(x, gradOut, out, n);
      case GELU_ERF -> geluErf(x, gradOut, out, n);
      case QUICK_GELU -> quickGelu(x, gradOut, out, n);
      case RSQRT, SIN, COS -> exact(op, a, b, x, gradOut, out, n);
    }
  }

  private static void pow(double a, long x, long gradOut, long out, int n) {
    if (a == 2) {
      square(x, gradOut, out, n);
    } else {
      exact(UnaryOp.POW, a, 0, x, gradOut, out, n);
    }
  }

  /** Functions that no hot path needs, in double precision. */
  private static void exact(UnaryOp op, double a, double b, long x, long gradOut, long out, int n) {
    for (long at = 0; at < 4L * n; at += 4) {
      double slope = ScalarMath.derivative(op, a, b, Lanes.get(x + at));
      Lanes.set(out + at, (float) (Lanes.get(gradOut + at) * slope));
    }
  }

  private static void scale(float a, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(a).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void square(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(v.add(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void clamp(float a, float b, long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      broadcast(FLOATS, 0)
          .blend(g, v.compare(VectorOperators.GE, a).and(v.compare(VectorOperators.LE, b)))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void exp(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(VectorMath.exp(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void log(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.div(v).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void sqrt(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(0.5f).div(v.sqrt()).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void abs(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      broadcast(FLOATS, 0)
          .blend(g, v.compare(VectorOperators.GT, 0))
          .blend(g.neg(), v.compare(VectorOperators.LT, 0))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void tanh(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.tanhSlope(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void sigmoid(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.sigmoidSlope(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void relu(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      broadcast(FLOATS, 0)
          .blend(g, v.compare(VectorOperators.GT, 0))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void silu(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.siluSlope(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void geluTanh(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.geluTanhSlope(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void geluErf(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.geluErfSlope(v)).intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }

  private static void quickGelu(long x, long gradOut, long out, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER);
      FloatVector g = fromMemorySegment(FLOATS, ALL, gradOut + 4L * i, ORDER);
      g.mul(Activations.siluSlope(v.mul(Activations.QUICK)))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
  }
}
