package org.diffusionnft.weights.safetensors;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.diffusionnft.tensor.HalfPrecision;
import org.diffusionnft.weights.StoredType;

/**
 * FP8 numbers (Micikevicius et al., "FP8 Formats for Deep Learning", arXiv 2209.05433), widened to
 * BF16, which represents all of them exactly.
 */
final class Float8 {
  private static final int VALUES = 1 << Byte.SIZE;
  private static final short[] E4M3 = new short[VALUES];
  private static final short[] E5M2 = new short[VALUES];

  static {
    for (int bits = 0; bits < VALUES; bits++) {
      E4M3[bits] = HalfPrecision.floatToBf16(e4m3(bits));
      // An F16 without its last eight bits.
      E5M2[bits] = HalfPrecision.floatToBf16(Float.float16ToFloat((short) (bits << Byte.SIZE)));
    }
  }

  private Float8() {}

  /** Sign, four exponent bits with a bias of 7, three fraction bits; all ones are NaN. */
  private static float e4m3(int bits) {
    int exponent = bits >> 3 & 0xf;
    int fraction = bits & 7;
    if ((bits & 0x7f) == 0x7f) {
      return Float.NaN;
    }
    float size =
        exponent == 0 ? Math.scalb(fraction, -9) : Math.scalb(8f + fraction, exponent - 10);
    return bits >> 7 == 0 ? size : -size;
  }

  static boolean isOne(StoredType type) {
    return type.equals(StoredType.F8_E4M3) || type.equals(StoredType.F8_E5M2);
  }

  /** The values as BF16, in memory of the arena. */
  static MemorySegment widened(StoredType type, MemorySegment narrow, Arena arena) {
    short[] table = type.equals(StoredType.F8_E4M3) ? E4M3 : E5M2;
    long count = narrow.byteSize();
    MemorySegment wide = arena.allocate(Math.max(1, count * Short.BYTES), 64);
    for (long i = 0; i < count; i++) {
      wide.setAtIndex(
          ValueLayout.JAVA_SHORT, i, table[narrow.get(ValueLayout.JAVA_BYTE, i) & 0xff]);
    }
    return wide.asSlice(0, count * Short.BYTES);
  }
}
