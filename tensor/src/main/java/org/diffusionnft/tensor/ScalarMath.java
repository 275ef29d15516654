package org.diffusionnft.tensor;

/** Double-precision functions missing from the JDK, used by {@link UnaryOp}. */
final class ScalarMath {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;
  private static final double QUICK = 1.702;

  private ScalarMath() {}

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x)));
  }

  static double geluTanhSlope(double x) {
    double t = Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
    double inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
  }

  static double geluErf(double x) {
    return 0.5 * x * erfc(-x / Math.sqrt(2));
  }

  static double geluErfSlope(double x) {
    return 0.5 * erfc(-x / Math.sqrt(2)) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  }

  static double quickGelu(double x) {
    return x * sigmoid(QUICK * x);
  }

  static double quickGeluSlope(double x) {
    double s = sigmoid(QUICK * x);
    return s + QUICK * x * s * sigmoid(-QUICK * x);
  }

  /**
   * The complementary error function in double precision: the series around 0, and the continued
   * fraction further out (Abramowitz and Stegun 7.1.5 and 7.1.14).
   */
  static double erfc(double x) {
    double z = Math.abs(x);
    double upper;
    if (Double.isNaN(x)) {
      return x;
    } else if (z < 2) {
      double term = z;
      double sum = z;
      for (int n = 1; n < 60; n++) {
        term *= -z * z / n;
        sum += term / (2 * n + 1);
      }
      upper = 1 - 2 / Math.sqrt(Math.PI) * sum;
    } else if (z < 27.3) {
      double fraction = 0;
      for (int n = 120; n > 0; n--) {
        fraction = 0.5 * n / (z + fraction);
      }
      upper = Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction));
    } else {
      upper = 0;
    }
    return x >= 0 ? upper : 2 - upper;
  }
}
