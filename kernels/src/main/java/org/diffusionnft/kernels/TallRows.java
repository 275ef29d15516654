package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.LANES;

import java.lang.foreign.Arena;

/** How rows lie that {@link TallTiles} and {@link TallTransposedTiles} read. */
final class TallRows {
  private TallRows() {}

  /** Steps of k that fit a row. */
  static final int DEPTH = 256;

  /**
   * Bytes between rows of {@code a}: a cache line more than the numbers take, so that the rows do
   * not all fall into the same sets of the cache.
   */
  static final long ROW = 4L * DEPTH + 64;

  /**
   * A row to add where there is nothing to add to. Of negative zeros, because {@code -0 + x} is x
   * for all x, negative zero included.
   */
  static final long NOTHING = nothing();

  private static long nothing() {
    long row = Arena.global().allocate(2 * BYTES, BYTES).address();
    RowLoops.fill(row, -0f, 2 * LANES);
    return row;
  }
}
