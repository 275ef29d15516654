package org.diffusionnft.tensor;

/** Functions of one element, some with parameters {@code a} and {@code b}. */
public enum UnaryOp {
  /** {@code a * x + b}. */
  AFFINE,
  /** {@code x^a}. */
  POW,
  /** {@code min(max(x, a), b)}; the gradient passes at the bounds themselves, as in PyTorch. */
  CLAMP,
  EXP,
  LOG,
  SQRT,
  /** {@code 1 / sqrt(x)}. */
  RSQRT,
  /** {@code |x|}, with derivative 0 at 0. */
  ABS,
  SIN,
  COS,
  TANH,
  SIGMOID,
  RELU,
  /** {@code x * sigmoid(x)}. */
  SILU,
  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  GELU_TANH,
  /** {@code x/2 (1 + erf(x / sqrt(2)))}. */
  GELU_ERF,
  /** {@code x * sigmoid(1.702 x)}. */
  QUICK_GELU
}
