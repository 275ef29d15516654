package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.BinaryOp;

/** The code of a {@link BinaryOp} in kernels. */
final class BinaryCode {
  static final int ADD = 0;
  static final int SUB = 1;
  static final int MUL = 2;
  static final int DIV = 3;
  static final int MAX = 4;
  static final int MIN = 5;
  static final int GREATER = 6;
  static final int GREATER_EQUAL = 7;
  static final int EQUAL = 8;

  /** Operations from here on compare their operands, which needs care with NaN. */
  static final int FIRST_WITH_COMPARISON = MAX;

  /** Operations from here on return 1 or 0. */
  static final int FIRST_PREDICATE = GREATER;

  /** No kernel computes this function; the reference device does. */
  static final int NONE = -1;

  private BinaryCode() {}

  /** The code of an operation, or {@link #NONE}. */
  static int of(BinaryOp op) {
    return switch (op) {
      case ADD -> ADD;
      case SUB -> SUB;
      case MUL -> MUL;
      case DIV -> DIV;
      case MAX -> MAX;
      case MIN -> MIN;
      case GREATER -> GREATER;
      case GREATER_EQUAL -> GREATER_EQUAL;
      case EQUAL -> EQUAL;
      default -> NONE;
    };
  }
}
