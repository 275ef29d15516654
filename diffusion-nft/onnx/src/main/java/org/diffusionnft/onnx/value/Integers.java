package org.diffusionnft.onnx.value;

import org.diffusionnft.weights.onnx.ElementType;

/** Integers with fewer bits, or unsigned, in a {@code long}. */
public final class Integers {
  private Integers() {}

  /** The lowest bits of a result in the type: arithmetic with wrap-around. */
  public static long wrap(ElementType type, long value) {
    if (type == ElementType.BOOL) {
      return value != 0 ? 1 : 0;
    }
    int shift = Long.SIZE - type.bits();
    return type.kind() == ElementType.Kind.SIGNED
        ? value << shift >> shift
        : value << shift >>> shift;
  }

  /** The value of a UINT64. */
  public static double unsignedToDouble(long bits) {
    return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
  }

  /** Truncates a number to an integer; overflow wraps around. */
  public static long ofDouble(ElementType type, double x) {
    if (type == ElementType.BOOL) {
      return x != 0 ? 1 : 0;
    }
    if (type == ElementType.UINT64 && x >= 0x1p63) {
      return x >= 0x1p64 ? -1 : (long) (x - 0x1p63) ^ Long.MIN_VALUE;
    }
    return wrap(type, (long) x);
  }

  /** The smallest number of a type. */
  public static long least(ElementType type) {
    return type.kind() == ElementType.Kind.SIGNED ? -1L << (type.bits() - 1) : 0;
  }

  /** The largest number of a type with fewer than 64 bits. */
  public static long greatest(ElementType type) {
    int bits = type.kind() == ElementType.Kind.SIGNED ? type.bits() - 1 : type.bits();
    return bits >= 63 ? Long.MAX_VALUE : (1L << bits) - 1;
  }
}
