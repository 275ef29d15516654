package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * Sums over as many rows at once as a vector has lanes: each row stores its lane sums, the block of
 * them is transposed, and vectors are added. The order is that of {@link Lanes#sumAt}, which sums
 * one row, so the bits are the same.
 *
 * @param lanes address of the lane sums; those of row r are at an offset of {@code r} vectors
 */
record LaneSums(long lanes) {
  /** Floats of working memory. */
  static final int FLOATS_NEEDED = 3 * LANES * LANES + LANES;

  /** Address of the lane sums of a row of the block. */
  long row(int r) {
    return lanes + r * BYTES;
  }

  private long sums() {
    return lanes + 3L * LANES * BYTES;
  }

  /** Adds each row's lanes. */
  void add() {
    long columns = lanes + 2L * LANES * BYTES;
    Transposition.block(lanes, BYTES, lanes + LANES * BYTES, columns, BYTES);
    FloatVector a = broadcast(FLOATS, 0);
    FloatVector b = broadcast(FLOATS, 0);
    FloatVector c = broadcast(FLOATS, 0);
    FloatVector d = broadcast(FLOATS, 0);
    for (int i = 0; i < LANES; i += 4) {
      long at = columns + i * BYTES;
      a = fromMemorySegment(FLOATS, ALL, at, ORDER).add(a);
      b = fromMemorySegment(FLOATS, ALL, at + BYTES, ORDER).add(b);
      c = fromMemorySegment(FLOATS, ALL, at + 2 * BYTES, ORDER).add(c);
      d = fromMemorySegment(FLOATS, ALL, at + 3 * BYTES, ORDER).add(d);
    }
    a.add(b).add(c.add(d)).intoMemorySegment(ALL, sums(), ORDER);
  }

  /** The sum of a row, after {@link #add}. */
  float of(int r) {
    return Lanes.get(sums() + 4L * r);
  }
}
