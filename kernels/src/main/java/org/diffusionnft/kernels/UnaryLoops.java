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

/**
 * One loop per function. A loop over a function passed in would be shorter, but the compiler keeps
 * vectors in registers only where it knows what is called.
 */
final class UnaryLoops {
  private UnaryLoops() {}

  /** {@code out[i] = f(x[i])} for {@code n} elements; {@code out} may be {@code x}. */
  static void run(UnaryOp op, double a, double b, long x, long out, int n) {
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
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.fma(splat(a), splat(b)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.fma(splat(a), splat(b)), n - i);
    }
  }

  private static void square(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.mul(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.mul(v), n - i);
    }
  }

  private static void clamp(float a, float b, long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.lanewise(VectorOperators.MAX, a).lanewise(VectorOperators.MIN, b));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(
          out + 4L * i, v.lanewise(VectorOperators.MAX, a).lanewise(VectorOperators.MIN, b), n - i);
    }
  }

  private static void exp(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, VectorMath.exp(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, VectorMath.exp(v), n - i);
    }
  }

  private static void sqrt(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.sqrt());
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.sqrt(), n - i);
    }
  }

  private static void rsqrt(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, splat(1).div(v.sqrt()));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, splat(1).div(v.sqrt()), n - i);
    }
  }

  private static void abs(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.abs());
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.abs(), n - i);
    }
  }

  private static void tanh(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, VectorMath.tanh(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, VectorMath.tanh(v), n - i);
    }
  }

  private static void sigmoid(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, VectorMath.sigmoid(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, VectorMath.sigmoid(v), n - i);
    }
  }

  private static void relu(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.lanewise(VectorOperators.MAX, 0f));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.lanewise(VectorOperators.MAX, 0f), n - i);
    }
  }

  private static void silu(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.mul(VectorMath.sigmoid(v)));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.mul(VectorMath.sigmoid(v)), n - i);
    }
  }

  private static void geluTanh(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, Activations.geluTanh(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, Activations.geluTanh(v), n - i);
    }
  }

  private static void geluErf(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, Activations.geluErf(v));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, Activations.geluErf(v), n - i);
    }
  }

  private static void quickGelu(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      FloatVector v = load(x + 4L * i);
      store(out + 4L * i, v.mul(VectorMath.sigmoid(v.mul(Activations.QUICK))));
    }
    if (i < n) {
      FloatVector v = load(x + 4L * i, n - i);
      store(out + 4L * i, v.mul(VectorMath.sigmoid(v.mul(Activations.QUICK))), n - i);
    }
  }
}
