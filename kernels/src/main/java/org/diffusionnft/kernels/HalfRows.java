package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.INTS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Lanes.SHORTS;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.diffusionnft.tensor.HalfPrecision;

/** Rounds rows of floats to BF16, and interleaves rows of BF16 numbers as pairs. */
final class HalfRows {
  private HalfRows() {}

  private static final int HALF_ULP = 0x7FFF;
  private static final int QUIET_NAN = 0x7FC00000;
  private static final int EXPONENT = 0x7F800000;
  private static final int MAGNITUDE = 0x7FFFFFFF;
  private static final int UPPER = 0xFFFF0000;

  /** Rounds to BF16, ties to even; every NaN becomes the quiet one, as in {@link HalfPrecision}. */
  static void narrow(long from, long to, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
      IntVector rounded =
          rounded(fromMemorySegment(FLOATS, ALL, from + 4L * i, ORDER).reinterpretAsInts());
      ((ShortVector)
              rounded
                  .lanewise(VectorOperators.LSHR, 16)
                  .convertShape(VectorOperators.I2S, SHORTS, 0))
          .intoMemorySegment(ALL, to + 2L * i, ORDER);
    }
    for (; i < n; i++) {
      Lanes.setShort(to + 2L * i, HalfPrecision.floatToBf16(Lanes.get(from + 4L * i)));
    }
  }

  /** Rounds to BF16 in place, keeping the float format. {@code n} is padded to whole vectors. */
  static void round(long at, int n) {
    for (int i = 0; i < n; i += LANES) {
      rounded(fromMemorySegment(FLOATS, ALL, at + 4L * i, ORDER).reinterpretAsInts())
          .lanewise(VectorOperators.AND, UPPER)
          .reinterpretAsFloats()
          .intoMemorySegment(ALL, at + 4L * i, ORDER);
    }
  }

  /**
   * Two rows of floats, rounded, as pairs: {@code to[i] = (first[i], second[i])}. {@code n} is
   * padded to whole vectors.
   */
  static void pairFloats(long first, long second, long to, int n) {
    for (int i = 0; i < n; i += LANES) {
      IntVector low =
          rounded(fromMemorySegment(FLOATS, ALL, first + 4L * i, ORDER).reinterpretAsInts());
      IntVector high =
          rounded(fromMemorySegment(FLOATS, ALL, second + 4L * i, ORDER).reinterpretAsInts());
      low.lanewise(VectorOperators.LSHR, 16)
          .or(high.lanewise(VectorOperators.AND, UPPER))
          .intoMemorySegment(ALL, to + 4L * i, ORDER);
    }
  }

  /** A row of floats, rounded, as pairs with zeros. {@code n} is padded to whole vectors. */
  static void pairWithZeros(long first, long to, int n) {
    for (int i = 0; i < n; i += LANES) {
      rounded(fromMemorySegment(FLOATS, ALL, first + 4L * i, ORDER).reinterpretAsInts())
          .lanewise(VectorOperators.LSHR, 16)
          .intoMemorySegment(ALL, to + 4L * i, ORDER);
    }
  }

  /**
   * Two rows of BF16 numbers as pairs: {@code to[i] = (first[i], second[i])}.
   *
   * @param second 0 for a row of zeros
   * @param stored pairs written; zeros from the n-th on
   */
  static void pair(long first, long second, long to, int n, int stored) {
    int i = 0;
    if (second != 0) {
      for (; i + LANES <= n; i += LANES) {
        ints(first + 2L * i)
            .or(ints(second + 2L * i).lanewise(VectorOperators.LSHL, 16))
            .intoMemorySegment(ALL, to + 4L * i, ORDER);
      }
    }
    for (; i < stored; i++) {
      int low = i < n ? Lanes.getShort(first + 2L * i) & 0xffff : 0;
      int high = i < n && second != 0 ? Lanes.getShort(second + 2L * i) << 16 : 0;
      Lanes.setInt(to + 4L * i, low | high);
    }
  }

  private static IntVector ints(long address) {
    return (IntVector)
        ShortVector.fromMemorySegment(SHORTS, ALL, address, ORDER)
            .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
  }

  /** Bits of floats whose upper halves are rounded. */
  private static IntVector rounded(IntVector bits) {
    IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
    IntVector carried = bits.add(odd).add(HALF_ULP);
    VectorMask<Integer> nan = bits.and(MAGNITUDE).compare(VectorOperators.GT, EXPONENT);
    return carried.blend(QUIET_NAN, nan);
  }
}
