package org.diffusionnft.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * An element of a tensor that is NaN or infinite.
 *
 * @param index of the element, in row-major order
 * @param value NaN or an infinity
 */
public record NotFinite(long index, double value) {
  private static final int BLOCK = 1 << 12;

  private static final ValueLayout.OfLong EIGHT_BYTES =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The first non-finite element; null if all are finite, as integers always are. */
  public static @Nullable NotFinite find(Tensor tensor) {
    if (!tensor.dtype().isFloating()) {
      return null;
    }
    if (tensor.storage() instanceof HostStorage) {
      return find(tensor.dtype(), tensor.segment());
    }
    try (Arena arena = Arena.ofConfined()) {
      return find(tensor.dtype(), tensor.toHost(arena));
    }
  }

  /**
   * Checks eight bytes at a time: adding one to the lowest bit of an all-ones exponent carries into
   * the sign bit, which is masked out first.
   */
  private static @Nullable NotFinite find(DType dtype, MemorySegment values) {
    long exponent =
        switch (dtype) {
          case F64 -> 0x7ff0_0000_0000_0000L;
          case F32 -> 0x7f80_0000_7f80_0000L;
          case BF16 -> 0x7f80_7f80_7f80_7f80L;
          default -> 0x7c00_7c00_7c00_7c00L;
        };
    long one = exponent & -exponent;
    long sign = 0x8000_0000_0000_0000L;
    for (int lane = dtype.bytes() * Byte.SIZE;
        lane < Long.SIZE;
        lane += dtype.bytes() * Byte.SIZE) {
      one |= one << lane;
      sign |= sign >>> lane;
    }
    long size = values.byteSize();
    for (long block = 0; block < size; block += BLOCK) {
      long end = Math.min(block + BLOCK, size);
      long seen = 0;
      long at = block;
      for (; at + Long.BYTES <= end; at += Long.BYTES) {
        seen |= (values.get(EIGHT_BYTES, at) & exponent) + one;
      }
      if ((seen & sign) != 0 || at < end) {
        NotFinite found = find(dtype, values, block / dtype.bytes(), end / dtype.bytes());
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static @Nullable NotFinite find(DType dtype, MemorySegment values, long from, long to) {
    for (long i = from; i < to; i++) {
      double value =
          switch (dtype) {
            case F64 -> values.getAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i);
            case F32 -> values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
            case BF16 ->
                HalfPrecision.bf16ToFloat(values.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
            default -> Float.float16ToFloat(values.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
          };
      if (!Double.isFinite(value)) {
        return new NotFinite(i, value);
      }
    }
    return null;
  }

  /** The value in words: {@code NaN} or {@code an infinite number}. */
  public String what() {
    return Double.isNaN(value) ? "NaN" : "an infinite number";
  }
}
