package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Half-precision numbers on the device. They are stored as 16-bit integers, because not every
 * backend has half floats and BF16, and widened by arithmetic, because TornadoVM cannot reinterpret
 * bits: the mantissa times a power of two from a table at the start of the device's memory.
 *
 * <p>They are in four arrays, because a TornadoVM array holds at most 2^31 of them and many drivers
 * allocate at most a quarter of their memory in one piece. A tensor is in one array.
 */
final class Halves {
  /** Number of arrays of halves. */
  static final int ARRAYS = 4;

  /** Entries of the table of powers of two; the last is infinity. */
  static final int TABLE = 256;

  /** Bits of a {@link TypeCode}. */
  private static final int CODE_BITS = 2;

  /** The table holds 2^(i - 134): the smallest BF16 number is 2^-133. */
  private static final int TABLE_BIAS = 134;

  private static final int BF16_MANTISSA_BITS = 7;
  private static final int BF16_EXPONENTS = 0xFF;

  private static final int F16_MANTISSA_BITS = 10;
  private static final int F16_EXPONENTS = 0x1F;

  /** Where the table begins for F16, whose smallest power of two is 2^-25. */
  private static final int F16_TABLE = TABLE_BIAS - 25;

  private Halves() {}

  /** How an operand is stored, as one number: its {@link TypeCode}, and the array it is in. */
  static int type(int code, int array) {
    return code | array << CODE_BITS;
  }

  /** The table that the host writes to the start of the memory. */
  static float[] table() {
    float[] powers = new float[TABLE];
    for (int i = 0; i < TABLE - 1; i++) {
      powers[i] = Math.scalb(1f, i - TABLE_BIAS);
    }
    powers[TABLE - 1] = Float.POSITIVE_INFINITY;
    return powers;
  }

  /** Index in the table of 2 to the power of {@code exponent}, -134 to 120. */
  static int power(int exponent) {
    return exponent + TABLE_BIAS;
  }

  /** Device code: the 16 bits at a position in one of the arrays. */
  static int bits(ShortArray h0, ShortArray h1, ShortArray h2, ShortArray h3, int array, int at) {
    int bits = 0;
    if (array == 0) {
      bits = h0.get(at);
    }
    if (array == 1) {
      bits = h1.get(at);
    }
    if (array == 2) {
      bits = h2.get(at);
    }
    if (array == 3) {
      bits = h3.get(at);
    }
    return bits & 0xFFFF;
  }

  /** Device code: the number at a position, in the memory of its type. */
  static float number(
      FloatArray m, ShortArray h0, ShortArray h1, ShortArray h2, ShortArray h3, int type, int at) {
    float v = 0f;
    if (type == TypeCode.F32) {
      v = m.get(at);
    }
    if (type != TypeCode.F32) {
      int code = type & ((1 << CODE_BITS) - 1);
      v = widened(m, code, bits(h0, h1, h2, h3, type >> CODE_BITS, at));
    }
    return v;
  }

  /** Device code: the number that 16 bits represent. */
  @SuppressWarnings("IdentityBinaryExpression") // infinity minus infinity is NaN
  private static float widened(FloatArray m, int code, int bits) {
    int mantissaBits = BF16_MANTISSA_BITS;
    int exponents = BF16_EXPONENTS;
    int table = 0;
    if (code == TypeCode.F16) {
      mantissaBits = F16_MANTISSA_BITS;
      exponents = F16_EXPONENTS;
      table = F16_TABLE;
    }
    int one = 1 << mantissaBits;
    int mantissa = bits & (one - 1);
    int exponent = (bits >> mantissaBits) & exponents;
    int whole = mantissa + one;
    int power = table + exponent;
    if (exponent == 0) {
      whole = mantissa; // subnormal
      power = table + 1;
    }
    if (exponent == exponents) {
      power = TABLE - 1;
    }
    float r = whole * m.get(power);
    if (exponent == exponents) {
      if (mantissa != 0) {
        r = r - r;
      }
    }
    if (bits >= 0x8000) {
      r = -r;
    }
    return r;
  }
}
