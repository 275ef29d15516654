package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.store;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.diffusionnft.tensor.ScalarMath;
import org.diffusionnft.tensor.UnaryOp;

/** One loop per derivative; see {@link UnaryLoops} for why. */
final class UnaryGradLoops {
  private UnaryGradLoops() {}

  /** {@code out[i] = gradOut[i] * f'(x[i])}; {@code out} may be {@code x} or {@code gradOut}. */
  static void run(UnaryOp op, double a, double b, long x, long gradOut, long out, int n) {
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
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(a));
    }
    if (i < n) {
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(a), n - i);
    }
  }

  private static void square(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(v.add(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(v.add(v)), n - i);
    }
  }

  private static void clamp(float a, float b, long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(
          out + 4L * i,
          splat(0)
              .blend(g, v.compare(VectorOperators.GE, a).and(v.compare(VectorOperators.LE, b))));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(
          out + 4L * i,
          splat(0).blend(g, v.compare(VectorOperators.GE, a).and(v.compare(VectorOperators.LE, b))),
          n - i);
    }
  }

  private static void exp(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(VectorMath.exp(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(VectorMath.exp(v)), n - i);
    }
  }

  private static void log(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.div(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.div(v), n - i);
    }
  }

  private static void sqrt(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(0.5f).div(v.sqrt()));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(0.5f).div(v.sqrt()), n - i);
    }
  }

  private static void abs(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(
          out + 4L * i,
          splat(0)
              .blend(g, v.compare(VectorOperators.GT, 0))
              .blend(g.neg(), v.compare(VectorOperators.LT, 0)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(
          out + 4L * i,
          splat(0)
              .blend(g, v.compare(VectorOperators.GT, 0))
              .blend(g.neg(), v.compare(VectorOperators.LT, 0)),
          n - i);
    }
  }

  private static void tanh(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.tanhSlope(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.tanhSlope(v)), n - i);
    }
  }

  private static void sigmoid(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.sigmoidSlope(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.sigmoidSlope(v)), n - i);
    }
  }

  private static void relu(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, splat(0).blend(g, v.compare(VectorOperators.GT, 0)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, splat(0).blend(g, v.compare(VectorOperators.GT, 0)), n - i);
    }
  }

  private static void silu(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.siluSlope(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.siluSlope(v)), n - i);
    }
  }

  private static void geluTanh(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.geluTanhSlope(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.geluTanhSlope(v)), n - i);
    }
  }

  private static void geluErf(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.geluErfSlope(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.geluErfSlope(v)), n - i);
    }
  }

  private static void quickGelu(long x, long gradOut, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      FloatVector g = load(gradOut + 4L * i);
      store(out + 4L * i, g.mul(Activations.siluSlope(v.mul(Activations.QUICK))));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      FloatVector g = load(gradOut + 4L * i, n - i);
      store(out + 4L * i, g.mul(Activations.siluSlope(v.mul(Activations.QUICK))), n - i);
    }
  }
}
