package org.diffusionnft.tensor;

/**
 * Conversion between F32 and BF16, rounding to nearest, ties to even, as PyTorch does. (F16 is in
 * the JDK: {@link Float#float16ToFloat} and {@link Float#floatToFloat16}.)
 */
public final class HalfPrecision {
  private HalfPrecision() {}

  /** Widens the 16 bits of a BF16 number; exact. */
  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Rounds to BF16, ties to even; every NaN becomes the quiet NaN {@code 0x7FC0}. */
  public static short floatToBf16(float value) {
    if (Float.isNaN(value)) {
      return 0x7FC0;
    }
    int bits = Float.floatToRawIntBits(value);
    // Adding half an ulp, or just less for even results, carries into the kept half when it should.
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
