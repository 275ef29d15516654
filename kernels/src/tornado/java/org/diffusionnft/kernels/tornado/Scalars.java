package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/**
 * Device code for functions of one and two elements. The numbers of operations are the ordinals of
 * {@link org.diffusionnft.tensor.UnaryOp} and {@link org.diffusionnft.tensor.BinaryOp}; {@code
 * TornadoElementwise} checks that they are as written here. Plain ifs, one variable: what
 * TornadoVM's compilers turn into structured code for sure. Comparisons are written so that NaN
 * stays NaN.
 */
final class Scalars {
  /** From this ordinal on, a function can end a matrix product. */
  static final int FIRST_ACTIVATION = 10;

  private Scalars() {}

  static float value(int op, float a, float b, float x) {
    float r = x;
    if (op == 0) {
      r = a * x + b;
    }
    if (op == 1) {
      r = power(x, a);
    }
    if (op == 2) {
      if (x < a) {
        r = a;
      }
      if (x > b) {
        r = b;
      }
    }
    if (op == 3) {
      r = exponential(x);
    }
    if (op == 4) {
      r = TornadoMath.log(x);
    }
    if (op == 5) {
      r = TornadoMath.sqrt(x);
    }
    if (op == 6) {
      r = 1f / TornadoMath.sqrt(x);
    }
    if (op == 7) {
      if (x < 0f) {
        r = -x;
      }
    }
    if (op == 8) {
      r = TornadoMath.sin(x);
    }
    if (op == 9) {
      r = TornadoMath.cos(x);
    }
    if (op >= 10) {
      r = activation(op, x);
    }
    return r;
  }

  /** The functions that a matrix product can end with. */
  @SuppressWarnings("IdentityBinaryExpression") // NaN alone differs from itself
  static float activation(int op, float x) {
    float r = x;
    if (op == 10) {
      r = tangent(x);
    }
    if (op == 11) {
      r = sigmoid(x);
    }
    if (op == 12) {
      if (x <= 0f) {
        r = 0f;
      }
      if (x != x) {
        r = x; // the comparison above is negated on the way to the device, which catches NaN
      }
    }
    if (op == 13) {
      r = x * sigmoid(x);
    }
    if (op == 14) {
      r = x * sigmoid(1.5957691216f * (x + 0.044715f * x * x * x));
    }
    if (op == 15) {
      r = 0.5f * x * erfc(-0.7071067812f * x);
    }
    if (op == 16) {
      r = x * sigmoid(1.702f * x);
    }
    return r;
  }

  static float derivative(int op, float a, float b, float x) {
    float r = 1f;
    if (op == 0) {
      r = a;
    }
    if (op == 1) {
      r = 0f;
      if (a != 0f) {
        r = a * power(x, a - 1f);
      }
    }
    if (op == 2) {
      if (x < a) {
        r = 0f;
      }
      if (x > b) {
        r = 0f;
      }
    }
    if (op == 3) {
      r = exponential(x);
    }
    if (op == 4) {
      r = 1f / x;
    }
    if (op == 5) {
      r = 0.5f / TornadoMath.sqrt(x);
    }
    if (op == 6) {
      r = -0.5f / (x * TornadoMath.sqrt(x));
    }
    if (op == 7) {
      if (x < 0f) {
        r = -1f;
      }
      if (x == 0f) {
        r = 0f;
      }
    }
    if (op == 8) {
      r = TornadoMath.cos(x);
    }
    if (op == 9) {
      r = -TornadoMath.sin(x);
    }
    if (op >= 10) {
      r = slope(op, x);
    }
    return r;
  }

  private static float slope(int op, float x) {
    float r = 1f;
    if (op == 10) {
      float t = tangent(x);
      r = 1f - t * t;
    }
    if (op == 11) {
      r = sigmoid(x) * sigmoid(-x);
    }
    if (op == 12) {
      if (x <= 0f) {
        r = 0f;
      }
    }
    if (op == 13) {
      r = sigmoid(x) * (1f + x * sigmoid(-x));
    }
    if (op == 14) {
      // 1 + tanh(u) is 2 sigmoid(2 u), which keeps its digits where the sum would lose them.
      float u = 1.5957691216f * (x + 0.044715f * x * x * x);
      float inner = 1.5957691216f * (1f + 0.134145f * x * x);
      r = sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * inner;
    }
    if (op == 15) {
      r = 0.5f * erfc(-0.7071067812f * x) + 0.3989422804f * x * TornadoMath.exp(-0.5f * x * x);
    }
    if (op == 16) {
      float s = sigmoid(1.702f * x);
      r = s + 1.702f * x * s * sigmoid(-1.702f * x);
    }
    return r;
  }

  @SuppressWarnings("IdentityBinaryExpression") // NaN alone differs from itself
  static float combined(int op, float x, float y) {
    float r = x + y;
    if (op == 1) {
      r = x - y;
    }
    if (op == 2) {
      r = x * y;
    }
    if (op == 3) {
      r = quotient(x, y);
    }
    if (op == 4) {
      r = x;
      if (y > x) {
        r = y;
      }
    }
    if (op == 5) {
      r = x;
      if (y < x) {
        r = y;
      }
    }
    if (op >= 6) {
      r = compared(op, x, y);
    }
    // Comparisons are negated on their way to the device, so that NaN passes them.
    if (op >= 4) {
      float ofNaN = x + y;
      if (op >= 6) {
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
   * PTX's division is within two units in the last place only, which one step of what is left over
   * mends. TornadoVM fuses a product with a sum that follows, so what is left over is exact; it
   * does not fuse a difference, so the quotient is negative first. Small numbers are scaled by
   * 2^64, so that nothing underflows. Of infinities, NaN and zero the quotient stays as it is.
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
    if (op == 6) {
      if (x > y) {
        r = 1f;
      }
    }
    if (op == 7) {
      if (x >= y) {
        r = 1f;
      }
    }
    if (op == 8) {
      if (x == y) {
        r = 1f;
      }
    }
    return r;
  }

  /**
   * PTX's exponential is 2 to the rounded (x log2 e), which loses digits as x grows: whole powers
   * of two are split off first. All integers here stay above 0, where backends agree on shifts.
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
   * PTX has no power but 2 to the (y log2 x), which loses digits: small whole and half ones are
   * products and roots.
   */
  @SuppressWarnings("IdentityBinaryExpression") // NaN alone differs from itself
  private static float power(float x, float y) {
    float r = TornadoMath.pow(x, y);
    if (x < 0f) {
      if (y != (int) y) {
        if (r < 0f) {
          r = -r; // of minus infinity
        }
        if (x >= -Float.MAX_VALUE) {
          r = TornadoMath.sqrt(x); // NaN, which PTX's is not
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

  /** PTX's own hyperbolic tangent has eleven bits, and none before compute capability 7.5. */
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
   * The complementary error function to 1.2e-7 of its value everywhere (Press et al., Numerical
   * Recipes, erfcc): there is no erf on every backend.
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
