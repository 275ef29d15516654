package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Sums over one row for a norm and its gradient; {@link RowLoops} does the rest. Sums accumulate in
 * the lanes of one vector, so each lane adds only a sixteenth of the row (with AVX-512). The lanes
 * are stored to memory, to be added for one row ({@link Lanes#sumAt}) or for many ({@link
 * LaneSums}).
 */
final class NormRows {
  private NormRows() {}

  /** Stores the lane sums of the elements. */
  static void sum(long x, int c, long lanes) {
    FloatVector sum = broadcast(FLOATS, 0);
    int i = 0;
    for (; i < Lanes.whole(c); i += LANES) {
      sum = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).add(sum);
    }
    if (i < c) {
      sum = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, FIRST[c - i]).add(sum);
    }
    sum.intoMemorySegment(ALL, lanes, ORDER);
  }

  /** Stores the lane sums of {@code x - shift}, and those of its squares. */
  static void deviations(long x, float shift, int c, long lanes, long squaresLanes) {
    FloatVector sum = broadcast(FLOATS, 0);
    FloatVector squares = broadcast(FLOATS, 0);
    int i = 0;
    for (; i < Lanes.whole(c); i += LANES) {
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER).sub(shift);
      sum = v.add(sum);
      squares = v.fma(v, squares);
    }
    if (i < c) {
      VectorMask<Float> inside = FIRST[c - i];
      FloatVector v = fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, inside).sub(shift);
      sum = sum.add(v, inside);
      squares = squares.add(v.mul(v), inside);
    }
    sum.intoMemorySegment(ALL, lanes, ORDER);
    squares.intoMemorySegment(ALL, squaresLanes, ORDER);
  }

  /** Stores the lane sums of {@code x * y}. */
  static void dot(long x, long y, int c, long lanes) {
    FloatVector sum = broadcast(FLOATS, 0);
    int i = 0;
    for (; i < Lanes.whole(c); i += LANES) {
      sum =
          fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER)
              .fma(fromMemorySegment(FLOATS, ALL, y + 4L * i, ORDER), sum);
    }
    if (i < c) {
      VectorMask<Float> inside = FIRST[c - i];
      sum =
          fromMemorySegment(FLOATS, ALL, x + 4L * i, ORDER, inside)
              .fma(fromMemorySegment(FLOATS, ALL, y + 4L * i, ORDER, inside), sum);
    }
    sum.intoMemorySegment(ALL, lanes, ORDER);
  }
}
