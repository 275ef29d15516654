package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.UnaryOp;

/** The code of a {@link UnaryOp} in kernels. */
final class UnaryCode {
  static final int AFFINE = 0;
  static final int POW = 1;
  static final int CLAMP = 2;
  static final int EXP = 3;
  static final int LOG = 4;
  static final int SQRT = 5;
  static final int RSQRT = 6;
  static final int ABS = 7;
  static final int SIN = 8;
  static final int COS = 9;
  static final int TANH = 10;
  static final int SIGMOID = 11;
  static final int RELU = 12;
  static final int SILU = 13;
  static final int GELU_TANH = 14;
  static final int GELU_ERF = 15;
  static final int QUICK_GELU = 16;

  /** The first activation: a matrix product can apply functions from here on. */
  static final int FIRST_ACTIVATION = TANH;

  /** No kernel computes this function; the reference device does. */
  static final int NONE = -1;

  private UnaryCode() {}

  /** The code of an operation, or {@link #NONE}. */
  static int of(UnaryOp op) {
    return switch (op) {
      case AFFINE -> AFFINE;
      case POW -> POW;
      case CLAMP -> CLAMP;
      case EXP -> EXP;
      case LOG -> LOG;
      case SQRT -> SQRT;
      case RSQRT -> RSQRT;
      case ABS -> ABS;
      case SIN -> SIN;
      case COS -> COS;
      case TANH -> TANH;
      case SIGMOID -> SIGMOID;
      case RELU -> RELU;
      case SILU -> SILU;
      case GELU_TANH -> GELU_TANH;
      case GELU_ERF -> GELU_ERF;
      case QUICK_GELU -> QUICK_GELU;
      default -> NONE;
    };
  }
}
