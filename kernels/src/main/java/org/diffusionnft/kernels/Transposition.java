package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.LANES;

import org.diffusionnft.tensor.DType;

/**
 * Transposes blocks of as many rows as a vector has lanes, in place, in logarithmically many rounds
 * of exchanging halves between rows.
 */
final class Transposition {
  private Transposition() {}

  /**
   * Writes {@code columns} rows of {@code k} contiguous elements as columns of {@code to}.
   *
   * @param row bytes between the rows read
   * @param stored floats between the rows written; those beyond {@code columns} become 0
   */
  static void pack(DType dtype, long from, long row, int columns, int k, long to, int stored) {
    for (int group = 0; group < stored; group += LANES) {
      int rows = Math.max(0, Math.min(LANES, columns - group));
      block(dtype, from + group * row, row, rows, k, to + 4L * group, stored);
    }
  }

  private static void block(
      DType dtype, long from, long row, int rows, int k, long to, int stored) {
    int size = dtype.bytes();
    for (int r = 0; r < LANES; r++) {
      if (r < rows) {
        for (int i = 0; i < k; i++) {
          Lanes.set(
              to + 4L * ((long) i * stored + r),
              Lanes.get(dtype, from + r * row + (long) size * i));
        }
      } else {
        for (int i = 0; i < k; i++) {
          Lanes.set(to + 4L * ((long) i * stored + r), 0);
        }
      }
    }
  }
}
