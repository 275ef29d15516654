package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.ReduceOp;

/** The code of a {@link ReduceOp} in kernels. */
final class ReduceCode {
  static final int SUM = 0;
  static final int SUM_OF_SQUARES = 1;
  static final int MAX = 2;

  private ReduceCode() {}

  /** The code of an operation. */
  static int of(ReduceOp op) {
    return switch (op) {
      case SUM -> SUM;
      case SUM_OF_SQUARES -> SUM_OF_SQUARES;
      case MAX -> MAX;
    };
  }
}
