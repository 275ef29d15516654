package org.diffusionnft.tensor;

/** Elementwise kernels; an output may be the same tensor as an input. */
public interface ElementwiseKernels {

  /** {@code out = value}, any dtype. */
  void fill(Tensor out, double value);

  /** {@code out = x} for two dtypes, rounding to nearest even; same number of elements. */
  void convert(Tensor x, Tensor out);

  /** {@code out = f(x)}; {@code a} and {@code b} are the parameters that {@link UnaryOp} names. */
  void unary(UnaryOp op, double a, double b, Tensor x, Tensor out);

  /** {@code gradX = gradOut * f'(x)}. */
  void unaryGrad(UnaryOp op, double a, double b, Tensor x, Tensor gradOut, Tensor gradX);

  /**
   * {@code out = x op y}; {@code x} and {@code y} broadcast to the shape of {@code out} by NumPy's
   * rules.
   */
  void binary(BinaryOp op, Tensor x, Tensor y, Tensor out);

  /** {@code out = condition != 0 ? x : y}; all four of one shape. */
  void select(Tensor condition, Tensor x, Tensor y, Tensor out);

  /**
   * The gated residual of adaLN blocks, {@code out = residual + gate * x}.
   *
   * @param residual {@code [B, T, C]}
   * @param gate {@code [B, C]}
   * @param x {@code [B, T, C]}
   * @param out {@code [B, T, C]}
   */
  void gatedAdd(Tensor residual, Tensor gate, Tensor x, Tensor out);
}
