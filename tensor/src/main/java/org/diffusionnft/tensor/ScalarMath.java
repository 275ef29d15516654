package org.diffusionnft.tensor;

/** Every {@link UnaryOp} and its derivative at one point, in double precision. */
public final class ScalarMath {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;
  private static final double QUICK = 1.702;

  private ScalarMath() {}

  /** {@code f(x)}. */
  public static double value(UnaryOp op, double a, double b, double x) {
    return switch (op) {
      case AFFINE -> a * x + b;
      case POW -> Math.pow(x, a);
      case CLAMP -> Math.min(Math.max(x, a), b);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQRT -> Math.sqrt(x);
      case RSQRT -> 1 / Math.sqrt(x);
      case ABS -> Math.abs(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case RELU -> x > 0 || Double.isNaN(x) ? x : 0;
      case SILU -> x * sigmoid(x);
      case GELU_TANH -> 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x)));
      case GELU_ERF -> 0.5 * x * erfc(-x / Math.sqrt(2));
      case QUICK_GELU -> x * sigmoid(QUICK * x);
    };
  }

  /** {@code f'(x)}. */
  public static double derivative(UnaryOp op, double a, double b, double x) {
    return switch (op) {
      case AFFINE -> a;
      case POW -> a == 0 ? 0 : a * Math.pow(x, a - 1);
      case CLAMP -> x >= a && x <= b ? 1 : 0;
      case EXP -> Math.exp(x);
      case LOG -> 1 / x;
      case SQRT -> 0.5 / Math.sqrt(x);
      case RSQRT -> -0.5 / (x * Math.sqrt(x));
      case ABS -> Math.signum(x);
      case SIN -> Math.cos(x);
      case COS -> -Math.sin(x);
      case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
      case SIGMOID -> sigmoid(x) * sigmoid(-x);
      case RELU -> x > 0 ? 1 : 0;
      case SILU -> sigmoid(x) * (1 + x * sigmoid(-x));
      case GELU_TANH -> {
        double t = Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
        double inner = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
        yield 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
      }
      case GELU_ERF ->
          0.5 * erfc(-x / Math.sqrt(2)) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
      case QUICK_GELU -> {
        double s = sigmoid(QUICK * x);
        yield s + QUICK * x * s * sigmoid(-QUICK * x);
      }
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /**
   * The complementary error function to double precision: the series around 0, and the continued
   * fraction (Abramowitz and Stegun 7.1.5 and 7.1.14) further out.
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
