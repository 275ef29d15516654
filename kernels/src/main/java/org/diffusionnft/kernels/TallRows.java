package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.LANES;

import java.lang.foreign.Arena;

/** The row layout that {@link TallTiles} and {@link TallTransposedTiles} read. */
final class TallRows {
  private TallRows() {}

  /** Steps of k that fit a row. */
  static final int DEPTH = 256;

  /**
   * Row stride of {@code a} in bytes: a cache line more than the data, so that the rows do not all
   * map to the same cache sets.
   */
  static final long ROW = 4L * DEPTH + 64;

  /**
   * A row to add when there is nothing to add to. It holds negative zeros, because {@code -0 + x}
   * is x for all x, including negative zero.
   */
  static final long NOTHING = nothing();

  private static long nothing() {
    long row = Arena.global().allocate(2 * BYTES, BYTES).address();
    RowLoops.fill(row, -0f, 2 * LANES);
    return row;
  }
}
