package org.diffusionnft.kernels;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Addresses and checks of operands. */
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

  /** Whether all operands are F32 (null counts as F32). */
  static boolean allFloat(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && t.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  /** Whether all operands are F32, BF16, F16 or null. */
  static boolean allWidenable(@Nullable Tensor... operands) {
    for (Tensor t : operands) {
      if (t != null && (t.dtype() == DType.F64 || !t.dtype().isFloating())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Rejects operands of different sizes, for kernels whose callers do not check them.
   *
   * @throws IllegalArgumentException naming both shapes
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
