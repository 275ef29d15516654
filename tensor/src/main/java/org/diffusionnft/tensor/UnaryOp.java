package org.diffusionnft.tensor;

import java.util.function.DoubleUnaryOperator;

/**
 * Functions of one element, some with parameters {@code a} and {@code b}, one per row with value
 * and derivative at one point. These double-precision forms are what every kernel is tested
 * against, and what a device uses where it has no loop of its own.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions are stateless
public enum UnaryOp {
  /** {@code a * x + b}. */
  AFFINE((x, a, b) -> a * x + b, (x, a, b) -> a),

  /** {@code x^a}. */
  POW((x, a, b) -> Math.pow(x, a), (x, a, b) -> a == 0 ? 0 : a * Math.pow(x, a - 1)),

  /** {@code min(max(x, a), b)}; the gradient passes at the bounds themselves, as in PyTorch. */
  CLAMP((x, a, b) -> Math.min(Math.max(x, a), b), (x, a, b) -> x >= a && x <= b ? 1 : 0),

  EXP(Math::exp, Math::exp),
  LOG(Math::log, x -> 1 / x),
  SQRT(Math::sqrt, x -> 0.5 / Math.sqrt(x)),

  /** {@code 1 / sqrt(x)}. */
  RSQRT(x -> 1 / Math.sqrt(x), x -> -0.5 / (x * Math.sqrt(x))),

  /** {@code |x|}, with derivative 0 at 0. */
  ABS(Math::abs, Math::signum),

  SIN(Math::sin, Math::cos),
  COS(Math::cos, x -> -Math.sin(x)),
  TANH(Math::tanh, x -> 1 - Math.tanh(x) * Math.tanh(x)),
  SIGMOID(ScalarMath::sigmoid, x -> ScalarMath.sigmoid(x) * ScalarMath.sigmoid(-x)),

  /** {@code max(x, 0)}, with derivative 0 at 0. */
  RELU(x -> x > 0 || Double.isNaN(x) ? x : 0, x -> x > 0 ? 1 : 0),

  /** {@code x * sigmoid(x)}. */
  SILU(
      x -> x * ScalarMath.sigmoid(x),
      x -> ScalarMath.sigmoid(x) * (1 + x * ScalarMath.sigmoid(-x))),

  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  GELU_TANH(ScalarMath::geluTanh, ScalarMath::geluTanhSlope),

  /** {@code x/2 (1 + erf(x / sqrt(2)))}. */
  GELU_ERF(ScalarMath::geluErf, ScalarMath::geluErfSlope),

  /** {@code x * sigmoid(1.702 x)}. */
  QUICK_GELU(ScalarMath::quickGelu, ScalarMath::quickGeluSlope),

  /** {@code x * min(max(x + 3, 0), 6) / 6}, with the outer one-sided derivative at -3 and 3. */
  HARD_SWISH(
      x -> x * Math.min(Math.max(x + 3, 0), 6) / 6,
      x -> x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6);

  private interface Parametric {
    double at(double x, double a, double b);
  }

  private final Parametric value;
  private final Parametric derivative;

  UnaryOp(Parametric value, Parametric derivative) {
    this.value = value;
    this.derivative = derivative;
  }

  UnaryOp(DoubleUnaryOperator value, DoubleUnaryOperator derivative) {
    this.value = (x, _, _) -> value.applyAsDouble(x);
    this.derivative = (x, _, _) -> derivative.applyAsDouble(x);
  }

  /** {@code f(x)}. */
  public double value(double x, double a, double b) {
    return value.at(x, a, b);
  }

  /** {@code f'(x)}. */
  public double derivative(double x, double a, double b) {
    return derivative.at(x, a, b);
  }
}
