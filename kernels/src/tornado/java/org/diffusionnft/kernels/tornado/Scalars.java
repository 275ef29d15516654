package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Device code for functions of one and two elements. Plain ifs and one variable, because TornadoVM
 * reliably compiles those to structured code. Comparisons are written so that NaN stays NaN.
 */
final class Scalars {
  /** 2 sqrt(2/π); the factor 2 because 1 + tanh(u / 2) is 2 sigmoid(u). */
  private static final float GELU_SCALE = 1.5957691216f;

  private static final float GELU_CUBIC = 0.044715f;

  /** Three times {@link #GELU_CUBIC}. */
  private static final float GELU_CUBIC_SLOPE = 0.134145f;

  private static final float QUICK_GELU_SCALE = 1.702f;

  /** 1 / sqrt(2). */
  private static final float SQRT_HALF = 0.7071067812f;

  /** 1 / sqrt(2π). */
  private static final float NORMAL_DENSITY = 0.3989422804f;

  private Scalars() {}

  /** Decodes a float argument of a call: an integer, two powers of two, and a sign. */
  static float argument(FloatArray m, IntArray p, int call, int slot) {
    int at = call + Arguments.INTS + 2 * slot;
    int powers = p.get(at + 1);
    float r = p.get(at) * m.get(powers & 0xFF);
    r = r * m.get((powers >> 8) & 0xFF);
    if (powers > 0xFFFF) {
      r = -r;
    }
    return r;
  }

  /** The function with this code, at x. */
  static float value(int op, float a, float b, float x) {
    float r = x;
    if (op == UnaryCode.AFFINE) {
      r = a * x + b;
    }
    if (op == UnaryCode.POW) {
      r = power(x, a);
    }
    if (op == UnaryCode.CLAMP) {
      if (x < a) {
        r = a;
      }
      if (x > b) {
        r = b;
      }
    }
    if (op == UnaryCode.EXP) {
      r = exponential(x);
    }
    if (op == UnaryCode.LOG) {
      r = TornadoMath.log(x);
    }
    if (op == UnaryCode.SQRT) {
      r = TornadoMath.sqrt(x);
    }
    if (op == UnaryCode.RSQRT) {
      r = 1f / TornadoMath.sqrt(x);
    }
    if (op == UnaryCode.ABS) {
      if (x < 0f) {
        r = -x;
      }
    }
    if (op == UnaryCode.SIN) {
      r = TornadoMath.sin(x);
    }
    if (op == UnaryCode.COS) {
      r = TornadoMath.cos(x);
    }
    if (op >= UnaryCode.FIRST_ACTIVATION) {
      r = activation(op, x);
    }
    return r;
  }

  /** The functions that a matrix product can apply to its result. */
  @SuppressWarnings("IdentityBinaryExpression") // only NaN differs from itself
  static float activation(int op, float x) {
    float r = x;
    if (op == UnaryCode.TANH) {
      r = tangent(x);
    }
    if (op == UnaryCode.SIGMOID) {
      r = sigmoid(x);
    }
    if (op == UnaryCode.RELU) {
      if (x <= 0f) {
        r = 0f;
      }
      if (x != x) {
        r = x; // TornadoVM negates the comparison above, so NaN passes it
      }
    }
    if (op == UnaryCode.SILU) {
      r = x * sigmoid(x);
    }
    if (op == UnaryCode.GELU_TANH) {
      r = x * sigmoid(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
    }
    if (op == UnaryCode.GELU_ERF) {
      r = 0.5f * x * erfc(-SQRT_HALF * x);
    }
    if (op == UnaryCode.QUICK_GELU) {
      r = x * sigmoid(QUICK_GELU_SCALE * x);
    }
    return r;
  }

  /** The derivative of the function with this code, at x. */
  static float derivative(int op, float a, float b, float x) {
    float r = 1f;
    if (op == UnaryCode.AFFINE) {
      r = a;
    }
    if (op == UnaryCode.POW) {
      r = 0f;
      if (a != 0f) {
        r = a * power(x, a - 1f);
      }
    }
    if (op == UnaryCode.CLAMP) {
      if (x < a) {
        r = 0f;
      }
      if (x > b) {
        r = 0f;
      }
    }
    if (op == UnaryCode.EXP) {
      r = exponential(x);
    }
    if (op == UnaryCode.LOG) {
      r = 1f / x;
    }
    if (op == UnaryCode.SQRT) {
      r = 0.5f / TornadoMath.sqrt(x);
    }
    if (op == UnaryCode.RSQRT) {
      r = -0.5f / (x * TornadoMath.sqrt(x));
    }
    if (op == UnaryCode.ABS) {
      if (x < 0f) {
        r = -1f;
      }
      if (x == 0f) {
        r = 0f;
      }
    }
    if (op == UnaryCode.SIN) {
      r = TornadoMath.cos(x);
    }
    if (op == UnaryCode.COS) {
      r = -TornadoMath.sin(x);
    }
    if (op >= UnaryCode.FIRST_ACTIVATION) {
      r = slope(op, x);
    }
    return r;
  }

  private static float slope(int op, float x) {
    float r = 1f;
    if (op == UnaryCode.TANH) {
      float t = tangent(x);
      r = 1f - t * t;
    }
    if (op == UnaryCode.SIGMOID) {
      r = sigmoid(x) * sigmoid(-x);
    }
    if (op == UnaryCode.RELU) {
      if (x <= 0f) {
        r = 0f;
      }
    }
    if (op == UnaryCode.SILU) {
      r = sigmoid(x) * (1f + x * sigmoid(-x));
    }
    if (op == UnaryCode.GELU_TANH) {
      // 1 + tanh(u / 2) is 2 sigmoid(u), which keeps digits that the sum would lose.
      float u = GELU_SCALE * (x + GELU_CUBIC * x * x * x);
      float inner = GELU_SCALE * (1f + GELU_CUBIC_SLOPE * x * x);
      r = sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * inner;
    }
    if (op == UnaryCode.GELU_ERF) {
      r = 0.5f * erfc(-SQRT_HALF * x) + NORMAL_DENSITY * x * TornadoMath.exp(-0.5f * x * x);
    }
    if (op == UnaryCode.QUICK_GELU) {
      float s = sigmoid(QUICK_GELU_SCALE * x);
      r = s + QUICK_GELU_SCALE * x * s * sigmoid(-QUICK_GELU_SCALE * x);
    }
    return r;
  }

  /** The operation with this code, on x and y. */
  @SuppressWarnings("IdentityBinaryExpression") // only NaN differs from itself
  static float combined(int op, float x, float y) {
    float r = x + y;
    if (op == BinaryCode.SUB) {
      r = x - y;
    }
    if (op == BinaryCode.MUL) {
      r = x * y;
    }
    if (op == BinaryCode.DIV) {
      r = quotient(x, y);
    }
    if (op == BinaryCode.MAX) {
      r = x;
      if (y > x) {
        r = y;
      }
    }
    if (op == BinaryCode.MIN) {
      r = x;
      if (y < x) {
        r = y;
      }
    }
    if (op >= BinaryCode.FIRST_PREDICATE) {
      r = compared(op, x, y);
    }
    // TornadoVM negates comparisons, so NaN may have passed them.
    if (op >= BinaryCode.FIRST_WITH_COMPARISON) {
      float ofNaN = x + y;
      if (op >= BinaryCode.FIRST_PREDICATE) {
        ofNaN = 0f;
      }
      if (x != x) {
        r = ofNaN;
      }
      if (y != y) {
        r = ofNaN;
      }
    }
    return r;
  }

  /**
   * PTX's division is only accurate to two units in the last place; one correction by the remainder
   * makes it accurate. TornadoVM fuses a product with a following sum, so the remainder is exact;
   * it does not fuse a difference, so the quotient is negated first. Small numbers are scaled by
   * 2^64 to avoid underflow. Quotients of infinities, NaN and zero are not corrected.
   */
  private static float quotient(float x, float y) {
    float scaled = x;
    float scale = 1f;
    if (x < 1e-30f) {
      if (x > -1e-30f) {
        scaled = x * 1.8446744e19f;
        scale = 5.421011e-20f;
      }
    }
    float minus = -scaled / y;
    float r = -minus;
    float rest = minus * y + scaled;
    if (rest > -3.4e38f) {
      if (rest < 3.4e38f) {
        if (rest != 0f) {
          r = rest / y - minus;
        }
      }
    }
    return r * scale;
  }

  private static float compared(int op, float x, float y) {
    float r = 0f;
    if (op == BinaryCode.GREATER) {
      if (x > y) {
        r = 1f;
      }
    }
    if (op == BinaryCode.GREATER_EQUAL) {
      if (x >= y) {
        r = 1f;
      }
    }
    if (op == BinaryCode.EQUAL) {
      if (x == y) {
        r = 1f;
      }
    }
    return r;
  }

  /**
   * PTX computes 2 to the power of the rounded (x log2 e), which loses digits as x grows: whole
   * powers of two are split off first. All integers stay above 0, where backends agree on shifts.
   */
  static float exponential(float x) {
    float r = TornadoMath.exp(x);
    if (x > -104f) {
      if (x < 89f) {
        float z = x;
        float base = 2f;
        if (x < 0f) {
          z = -x;
          base = 0.5f;
        }
        int n = (int) (z * 1.442695f + 0.5f);
        float rest = (z - n * 0.693359375f) + n * 2.1219444e-4f;
        if (x < 0f) {
          rest = -rest;
        }
        float power = 1f;
        float square = base;
        int half = n / 2;
        int left = half;
        for (int bit = 0; bit < 7; bit++) {
          if (left % 2 == 1) {
            power = power * square;
          }
          square = square * square;
          left = left / 2;
        }
        r = TornadoMath.exp(rest);
        if (n - 2 * half == 1) {
          r = r * base;
        }
        r = r * power * power;
      }
    }
    return r;
  }

  /**
   * PTX computes 2 to the power of (y log2 x), which loses digits: small whole and half powers are
   * computed by products and roots instead.
   */
  @SuppressWarnings("IdentityBinaryExpression") // only NaN differs from itself
  private static float power(float x, float y) {
    float r = TornadoMath.pow(x, y);
    if (x < 0f) {
      if (y != (int) y) {
        if (r < 0f) {
          r = -r; // x is minus infinity
        }
        if (x >= -Float.MAX_VALUE) {
          r = TornadoMath.sqrt(x); // NaN; PTX's power is not
        }
      }
    }
    float size = y;
    if (y < 0f) {
      size = -y;
    }
    int whole = (int) size;
    float product = 0f;
    if (size - whole == 0f) {
      product = 1f;
    }
    if (size - whole == 0.5f) {
      if (x > 0f) {
        product = TornadoMath.sqrt(x);
      }
    }
    if (size < 6f) {
      if (product > 0f) {
        for (int i = 0; i < whole; i++) {
          product = product * x;
        }
        r = product;
        if (y < 0f) {
          r = 1f / product;
        }
      }
    }
    if (x != x) {
      r = x;
    }
    return r;
  }

  /** PTX's own hyperbolic tangent is accurate to 11 bits and needs compute capability 7.5. */
  private static float tangent(float x) {
    float z = x;
    if (x < 0f) {
      z = -x;
    }
    float e = TornadoMath.exp(-2f * z);
    float r = (1f - e) / (1f + e);
    if (z < 0.0625f) {
      r = z - z * z * z * (0.33333334f - 0.13333334f * z * z);
    }
    if (x < 0f) {
      r = -r;
    }
    return r;
  }

  private static float sigmoid(float x) {
    return 1f / (1f + TornadoMath.exp(-x));
  }

  /**
   * The complementary error function, with a relative error of at most 1.2e-7 (Press et al.,
   * Numerical Recipes, erfcc): not every backend has an erf.
   */
  private static float erfc(float x) {
    float z = x;
    if (x < 0f) {
      z = -x;
    }
    float t = 1f / (1f + 0.5f * z);
    float s = -0.82215223f + t * 0.17087277f;
    s = 1.48851587f + t * s;
    s = -1.13520398f + t * s;
    s = 0.27886807f + t * s;
    s = -0.18628806f + t * s;
    s = 0.09678418f + t * s;
    s = 0.37409196f + t * s;
    s = 1.00002368f + t * s;
    s = -1.26551223f + t * s;
    float r = t * TornadoMath.exp(s - z * z);
    if (x < 0f) {
      r = 2f - r;
    }
    return r;
  }
}
