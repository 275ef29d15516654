package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.Lanes.whole;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.HalfPrecision;

/** Loops over contiguous floats that several kernels share. */
final class Rows {
  private Rows() {}

  static void fill(long out, float value, int n) {
    FloatVector v = broadcast(FLOATS, value);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      v.intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      v.intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  /** {@code out += x}. */
  static void add(long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      fromMemorySegment(FLOATS, ALL, out + 4L * i, ORDER)
          .add(fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      fromMemorySegment(FLOATS, ALL, out + 4L * i, ORDER, FIRST[n - i])
          .add(fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i]))
          .intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  /** {@code out = factor * x}. */
  static void scale(float factor, long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER)
          .mul(factor)
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i])
          .mul(factor)
          .intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  /** {@code out += factor * x}, rounded once. */
  static void addScaled(float factor, long x, long out, int n) {
    FloatVector f = broadcast(FLOATS, factor);
    int i = 0;
    for (; i < whole(n); i += LANES) {
      fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER)
          .fma(f, fromMemorySegment(FLOATS, ALL, out + 4L * i, ORDER))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      VectorMask<Float> inside = FIRST[n - i];
      fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, inside)
          .fma(f, fromMemorySegment(FLOATS, ALL, out + 4L * i, ORDER, inside))
          .intoMemorySegment(ALL, out + 4L * i, ORDER, inside);
    }
  }

  /** {@code out = r + g * x}. */
  static void gatedAdd(long r, long g, long x, long out, int n) {
    int i = 0;
    for (; i < whole(n); i += LANES) {
      fromMemorySegment(FLOATS, ALL, g + 4L * i, ORDER)
          .fma(
              fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER),
              fromMemorySegment(FLOATS, ALL, r + 4L * i, ORDER))
          .intoMemorySegment(ALL, out + 4L * i, ORDER);
    }
    if (i < n) {
      FloatVector v =
          fromMemorySegment(FLOATS, ALL, g + 4L * i, ORDER, FIRST[n - i])
              .fma(
                  fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[n - i]),
                  fromMemorySegment(FLOATS, ALL, r + 4L * i, ORDER, FIRST[n - i]));
      v.intoMemorySegment(ALL, out + 4L * i, ORDER, FIRST[n - i]);
    }
  }

  /**
   * Copies rows of {@code n} floats. Four at a time, so that more cache lines are on their way at
   * once: rows that are pages apart are not fetched ahead.
   */
  static void gather(long from, long rowFrom, int rows, int n, long to, long rowTo) {
    int r = 0;
    for (; r + 4 <= rows && n % LANES == 0; r += 4) {
      gatherFour(from + r * rowFrom, rowFrom, n, to + r * rowTo, rowTo);
    }
    for (; r < rows; r++) {
      Lanes.copy(from + r * rowFrom, to + r * rowTo, 4L * n);
    }
  }

  private static void gatherFour(long from, long rowFrom, int n, long to, long rowTo) {
    for (long i = 0; i < 4L * n; i += 4L * LANES) {
      FloatVector a = fromMemorySegment(FLOATS, ALL, from + i, ORDER);
      FloatVector b = fromMemorySegment(FLOATS, ALL, from + rowFrom + i, ORDER);
      FloatVector c = fromMemorySegment(FLOATS, ALL, from + 2 * rowFrom + i, ORDER);
      FloatVector d = fromMemorySegment(FLOATS, ALL, from + 3 * rowFrom + i, ORDER);
      a.intoMemorySegment(ALL, to + i, ORDER);
      b.intoMemorySegment(ALL, to + rowTo + i, ORDER);
      c.intoMemorySegment(ALL, to + 2 * rowTo + i, ORDER);
      d.intoMemorySegment(ALL, to + 3 * rowTo + i, ORDER);
    }
  }

  /** Rounds to BF16 or F16, ties to even. */
  static void narrow(DType dtype, long from, long to, int n) {
    if (dtype == DType.BF16) {
      for (int i = 0; i < n; i++) {
        Lanes.setShort(to + 2L * i, HalfPrecision.floatToBf16(Lanes.get(from + 4L * i)));
      }
    } else {
      for (int i = 0; i < n; i++) {
        Lanes.setShort(to + 2L * i, Float.floatToFloat16(Lanes.get(from + 4L * i)));
      }
    }
  }

  /**
   * Reads one float per cache line, in order, so that the processor fetches ahead; later accesses
   * in other orders then find the lines in a near cache. Returns the sum, so that it isn't
   * optimised away.
   */
  static float touch(long x, long bytes) {
    float sum = 0;
    int lines = Math.toIntExact((bytes + 63) / 64);
    for (int i = 0; i < lines; i++) {
      sum += Lanes.get(x + 64L * i);
    }
    return sum;
  }
}
