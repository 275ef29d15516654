package org.diffusionnft.kernels;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Where operands lie. */
final class Operands {
  private Operands() {}

  /** Address of the first element. */
  static long address(Tensor t) {
    MemorySegment segment = t.segment();
    if (!segment.isNative()) {
      throw new IllegalArgumentException(t + " lies in a Java array, not in off-heap memory");
    }
    return segment.address();
  }

  /** Whether all operands are F32 (null counts as such). */
  static boolean allFloat(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && t.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  /** Whether all operands are F32, BF16 or F16 (null counts as such). */
  static boolean allWidenable(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && (t.dtype() == DType.F64 || !t.dtype().isFloating())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Refuses operands of different sizes, for kernels whose callers do not check them.
   *
   * @throws IllegalArgumentException that names both shapes
   */
  static void requireAsMany(Tensor first, Tensor... others) {
    for (Tensor t : others) {
      if (t.elements() != first.elements()) {
        throw new IllegalArgumentException(
            "operands must have as many elements as each other, not shapes "
                + first.shape()
                + " and "
                + t.shape());
      }
    }
  }
}
