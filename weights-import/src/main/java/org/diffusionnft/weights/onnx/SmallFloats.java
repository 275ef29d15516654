package org.diffusionnft.weights.onnx;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.diffusionnft.tensor.HalfPrecision;

/** Floating-point formats of 16 bits and fewer: decoding, and rounding from {@code float}. */
public final class SmallFloats {
  /** For each type of at most 8 bits, its values by their bits. */
  private static final Map<ElementType, float[]> TABLES = new EnumMap<>(ElementType.class);

  static {
    TABLES.put(ElementType.FLOAT8E4M3FN, table(8, 4, 3, 7, false));
    TABLES.put(ElementType.FLOAT8E4M3FNUZ, table(8, 4, 3, 8, true));
    TABLES.put(ElementType.FLOAT8E5M2, table(8, 5, 2, 15, false));
    TABLES.put(ElementType.FLOAT8E5M2FNUZ, table(8, 5, 2, 16, true));
    TABLES.put(ElementType.FLOAT4E2M1, table(4, 2, 1, 1, false));
    TABLES.put(ElementType.FLOAT8E8M0, exponents());
  }

  private SmallFloats() {}

  /** How a value between two representable numbers is rounded. */
  public enum Rounding {
    /** To nearest, ties to even. */
    NEAREST,
    /** To nearest, ties up. */
    NEAREST_UP,
    /** Up. */
    UP,
    /** Down. */
    DOWN
  }

  private static float[] table(int bits, int exponent, int mantissa, int bias, boolean unsigned) {
    float[] values = new float[1 << bits];
    for (int i = 0; i < values.length; i++) {
      int m = i & ((1 << mantissa) - 1);
      int e = (i >> mantissa) & ((1 << exponent) - 1);
      double value =
          e == 0
              ? Math.scalb((double) m, 1 - bias - mantissa)
              : Math.scalb(1.0 + Math.scalb((double) m, -mantissa), e - bias);
      values[i] = (float) (i >> (bits - 1) == 1 ? -value : value);
    }
    if (unsigned) { // "FNUZ": one NaN where negative zero would be
      values[0x80] = Float.NaN;
    } else if (exponent == 4) {
      values[0x7F] = Float.NaN;
      values[0xFF] = Float.NaN;
    } else if (exponent == 5) {
      for (int i = 0x7C; i < 0x80; i++) {
        values[i] = i == 0x7C ? Float.POSITIVE_INFINITY : Float.NaN;
        values[i + 0x80] = i == 0x7C ? Float.NEGATIVE_INFINITY : Float.NaN;
      }
    }
    return values;
  }

  private static float[] exponents() {
    float[] values = new float[256];
    for (int i = 0; i < 255; i++) {
      values[i] = Math.scalb(1f, i - 127);
    }
    values[255] = Float.NaN;
    return values;
  }

  /** The value of these bits. */
  static float decode(ElementType type, int bits) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat((short) bits);
      case BFLOAT16 -> HalfPrecision.bf16ToFloat((short) bits);
      default -> table(type)[bits];
    };
  }

  private static float[] table(ElementType type) {
    float[] table = TABLES.get(type);
    if (table == null) {
      throw new IllegalArgumentException(type + " is no small floating-point type");
    }
    return table;
  }

  /** Rounds to a type, to nearest, with infinities if the type has them. */
  public static float round(ElementType type, float x) {
    return switch (type) {
      case FLOAT -> x;
      case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(x));
      case BFLOAT16 -> HalfPrecision.bf16ToFloat(HalfPrecision.floatToBf16(x));
      default -> round(type, x, false, Rounding.NEAREST);
    };
  }

  /**
   * Rounds to a type of at most 8 bits.
   *
   * @param saturate whether values that are too large become the largest number instead of infinity
   *     or, in types without it, NaN
   */
  public static float round(ElementType type, float x, boolean saturate, Rounding rounding) {
    float[] table = table(type);
    float[] finite = magnitudes(type, table);
    if (Float.isNaN(x)) {
      // the type without NaN gets negative zero, as in the reference code
      return type == ElementType.FLOAT4E2M1 ? -0f : Float.NaN;
    }
    boolean signed = type != ElementType.FLOAT8E8M0;
    float magnitude = Math.abs(x);
    if (!signed && x < 0) {
      return Float.NaN;
    }
    float largest = finite[finite.length - 1];
    float result;
    if (magnitude >= largest) {
      result = beyond(type, magnitude, largest, finite[finite.length - 2], saturate);
    } else {
      result = between(finite, magnitude, rounding);
    }
    float signedResult = x < 0 || (x == 0 && 1 / x < 0) ? -result : result;
    boolean noNegativeZero =
        type == ElementType.FLOAT8E4M3FNUZ || type == ElementType.FLOAT8E5M2FNUZ;
    return signedResult == 0 && noNegativeZero ? 0 : signedResult;
  }

  private static float beyond(
      ElementType type, float magnitude, float largest, float before, boolean saturate) {
    if (magnitude == largest || saturate || type == ElementType.FLOAT4E2M1) {
      boolean infinite = Float.isInfinite(magnitude);
      boolean uz = type == ElementType.FLOAT8E4M3FNUZ || type == ElementType.FLOAT8E5M2FNUZ;
      return infinite && !saturate && uz ? Float.NaN : largest;
    }
    if (magnitude <= largest + (largest - before) / 2) {
      return largest;
    }
    return type == ElementType.FLOAT8E5M2 ? Float.POSITIVE_INFINITY : Float.NaN;
  }

  private static float between(float[] finite, float magnitude, Rounding rounding) {
    int at = Arrays.binarySearch(finite, magnitude);
    if (at >= 0) {
      return finite[at];
    }
    int above = -at - 1;
    if (above == 0) {
      return finite[0];
    }
    float low = finite[above - 1];
    float high = finite[above];
    float up = high - magnitude;
    float down = magnitude - low;
    boolean upwards =
        switch (rounding) {
          case UP -> true;
          case DOWN -> false;
          case NEAREST_UP -> up <= down;
          case NEAREST -> up < down || (up == down && above % 2 == 0);
        };
    return upwards ? high : low;
  }

  /** The non-negative finite values, ascending; the index of each is its bits. */
  private static float[] magnitudes(ElementType type, float[] table) {
    int end = type == ElementType.FLOAT8E8M0 ? 255 : table.length / 2;
    int count = 0;
    while (count < end && Float.isFinite(table[count])) {
      count++;
    }
    return Arrays.copyOf(table, count);
  }
}
