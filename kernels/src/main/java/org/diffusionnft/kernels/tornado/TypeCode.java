package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.DType;

/** The code of an operand's storage type in kernels. */
final class TypeCode {
  static final int F32 = 0;
  static final int BF16 = 1;
  static final int F16 = 2;

  private TypeCode() {}

  /**
   * The code of a type.
   *
   * @throws IllegalArgumentException for a type that kernels cannot read
   */
  static int of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case BF16 -> BF16;
      case F16 -> F16;
      case F64, I64, I32, I16, I8, U8, BOOL ->
          throw new IllegalArgumentException("kernels cannot read operands of " + dtype);
    };
  }

  /** Whether kernels can read operands of this type. */
  static boolean readable(DType dtype) {
    return switch (dtype) {
      case F32, BF16, F16 -> true;
      case F64, I64, I32, I16, I8, U8, BOOL -> false;
    };
  }
}
