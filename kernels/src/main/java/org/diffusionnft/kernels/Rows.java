package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.diffusionnft.tensor.DType;

/** Operations on contiguous floats that are not in {@link RowLoops}: copy, round, prefetch. */
final class Rows {
  private Rows() {}

  /**
   * Copies {@code n} floats, for counts so small that calling the JVM's copy routine would cost
   * more.
   */
  static void copy(long from, long to, int n) {
    int i = 0;
    for (; i < Lanes.whole(n); i += LANES) {
      fromMemorySegment(FLOATS, ALL, from + 4L * i, ORDER)
          .intoMemorySegment(ALL, to + 4L * i, ORDER);
    }
    if (i < n) {
      VectorMask<Float> inside = FIRST[n - i];
      fromMemorySegment(FLOATS, ALL, from + 4L * i, ORDER, inside)
          .intoMemorySegment(ALL, to + 4L * i, ORDER, inside);
    }
  }

  /**
   * Copies rows of {@code n} floats. Four rows at a time, so that more cache misses overlap: rows
   * that are pages apart are not prefetched.
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
      HalfRows.narrow(from, to, n);
    } else {
      for (int i = 0; i < n; i++) {
        Lanes.setShort(to + 2L * i, Float.floatToFloat16(Lanes.get(from + 4L * i)));
      }
    }
  }

  /**
   * Reads one float per cache line, in order, so that the hardware prefetches; later accesses in
   * other orders then hit a near cache. Returns the sum, so that the reads aren't optimised away.
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
