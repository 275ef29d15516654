package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.DType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Half-precision numbers on the device: kept as 16-bit integers, because half floats and BF16 are
 * not to be had on every backend, and widened by arithmetic, because TornadoVM cannot reinterpret
 * bits: the mantissa times a power of two from a table at the start of the memory.
 *
 * <p>They lie in four arrays, because TornadoVM's arrays hold at most 2^31 of them and many drivers
 * give no more than a quarter of their memory in one piece. A tensor lies in one of them.
 */
final class Halves {
  /** The parameter that says how an operand is stored. */
  static final int F32 = 0;

  static final int BF16 = 1;
  static final int F16 = 2;

  /** Arrays of halves; to {@link #code} is added this many times the number of the array. */
  static final int ARRAYS = 4;

  /** Entries of the table: 2^(i - 134), and infinity at the end. */
  static final int TABLE = 256;

  private Halves() {}

  /** The parameter for a dtype. */
  static int code(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case BF16 -> BF16;
      case F16 -> F16;
      default -> throw new IllegalArgumentException("kernels take no operands of " + dtype);
    };
  }

  /** Whether kernels that widen take this dtype. */
  static boolean readable(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.F16;
  }

  /** What the host writes to the start of the memory. */
  static float[] table() {
    float[] powers = new float[TABLE];
    for (int i = 0; i < TABLE - 1; i++) {
      powers[i] = Math.scalb(1f, i - 134);
    }
    powers[TABLE - 1] = Float.POSITIVE_INFINITY;
    return powers;
  }

  /** Device code: the 16 bits at a place in one of the arrays. */
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

  /** Device code: the number at a place in the array that the type names. */
  static float at(
      FloatArray m, ShortArray h0, ShortArray h1, ShortArray h2, ShortArray h3, int type, int at) {
    return widened(m, type & 3, bits(h0, h1, h2, h3, type >> 2, at));
  }

  /** Device code: the number that 16 bits stand for. */
  @SuppressWarnings("IdentityBinaryExpression") // infinity less infinity is NaN
  private static float widened(FloatArray m, int type, int bits) {
    int shift = 7;
    int exponents = 0xFF;
    int base = 0;
    if (type == 2) {
      shift = 10;
      exponents = 0x1F;
      base = 109;
    }
    int one = 1 << shift;
    int mantissa = bits & (one - 1);
    int exponent = (bits >> shift) & exponents;
    int whole = mantissa + one;
    int power = base + exponent;
    if (exponent == 0) {
      whole = mantissa;
      power = base + 1;
    }
    if (exponent == exponents) {
      power = 255;
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
