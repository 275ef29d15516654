package org.diffusionnft.kernels;

import org.diffusionnft.kernels.Block.Left;
import org.diffusionnft.kernels.machine.MachineExponentials;
import org.diffusionnft.kernels.machine.MachineTiles;
import org.diffusionnft.kernels.machine.MachineTranspose;
import org.diffusionnft.tensor.DType;

/**
 * Products of BF16 pairs, adjacent in k, by machine code. If k is odd, the last pair is padded with
 * a zero.
 *
 * @param down for rows of pairs
 * @param across for a left matrix that is stored transposed
 * @param transpose for transposes of pairs
 * @param exponentials for softmax
 */
record PairFormat(
    MachineTiles down,
    MachineTiles across,
    MachineTranspose transpose,
    MachineExponentials exponentials)
    implements ProductFormat {
  /** Maximum elements of k for which a row of pairs fits into the row stride of a left matrix. */
  static final int MOST_DEPTH = (int) TallRows.ROW / 2;

  /** A panel of this depth takes 24 KiB, which leaves room in the L1 cache for a tile's rows. */
  private static final int DEPTH = 384;

  @Override
  public int depth() {
    return DEPTH;
  }

  /** As many as fit between two k steps of a left matrix that is stored transposed. */
  @Override
  public int rows() {
    return 19 * Block.ROWS;
  }

  @Override
  public boolean fetches() {
    return true;
  }

  @Override
  public int steps(int k) {
    return (k + 1) / 2;
  }

  @Override
  public void pack(Matrix b, int fromK, int k, int column, int columns, long to, long work) {
    int stored = columns <= Lanes.LANES ? Lanes.LANES : Panels.WIDTH;
    long ld = b.ld();
    int pairs = k / 2;
    if (b.transposed()) {
      long from = b.address() + 2 * (column * ld + fromK);
      // A pair is copied as if it were a float.
      Transposition.pack(DType.F32, from, 2 * ld, columns, pairs, to, stored, work, transpose);
      if (k % 2 == 1) {
        for (int j = 0; j < stored; j++) {
          int last = j < columns ? Lanes.getShort(from + 2 * (j * ld + k - 1)) & 0xffff : 0;
          Lanes.setInt(to + 4L * ((long) pairs * stored + j), last);
        }
      }
      return;
    }
    long from = b.address() + 2 * (fromK * ld + column);
    pairRows(from, 2 * ld, k, columns, to, 4L * stored, stored);
  }

  /** Interleaves {@code k} rows of BF16 numbers into half as many rows of pairs. */
  private static void pairRows(
      long from, long rowFrom, int k, int columns, long to, long rowTo, int stored) {
    for (int i = 0; i < k; i += 2) {
      long first = from + i * rowFrom;
      long second = i + 1 < k ? first + rowFrom : 0;
      HalfRows.pair(first, second, to + i / 2 * rowTo, columns, stored);
    }
  }

  @Override
  public Left left(
      Matrix a, int row, int rows, int fromK, int k, boolean reused, Scratch scratch, int buffer) {
    long ld = a.ld();
    if (a.transposed()) {
      long to = scratch.floats(buffer, steps(k) * TallRows.ROW / 4);
      pairRows(a.address() + 2 * (fromK * ld + row), 2 * ld, k, rows, to, TallRows.ROW, rows);
      return new Left(to, 4, TallRows.ROW);
    }
    long to = scratch.floats(buffer, rows * TallRows.ROW / 4);
    for (int r = 0; r < rows; r++) {
      long at = to + r * TallRows.ROW;
      Lanes.copy(a.address() + 2 * ((row + r) * ld + fromK), at, 2L * k);
      if (k % 2 == 1) {
        Lanes.setShort(at + 2L * k, (short) 0);
      }
    }
    return Left.rows(to, TallRows.ROW);
  }

  @Override
  public Left weights(Left scores, int rows, int keys, SoftmaxState state, long copy, long tile) {
    int vectors = Panels.padded(keys) / Lanes.LANES;
    exponentials.run(scores.address(), copy, state.address(), vectors, rows);
    return Left.rows(copy, TallRows.ROW);
  }

  @Override
  public Left scores(Left floats, int rows, int columns, long copy) {
    for (int r = 0; r < rows; r++) {
      HalfRows.narrow(floats.at(r), copy + r * TallRows.ROW, Panels.padded(columns));
    }
    return Left.rows(copy, TallRows.ROW);
  }

  @Override
  public Left scoresAcross(Left floats, int rows, int columns, long copy) {
    for (int r = 0; r < rows; r += 2) {
      long to = copy + r / 2 * TallRows.ROW;
      if (r + 1 < rows) {
        HalfRows.pairFloats(floats.at(r), floats.at(r + 1), to, columns);
      } else {
        HalfRows.pairWithZeros(floats.at(r), to, columns);
      }
    }
    return new Left(copy, 4, TallRows.ROW);
  }

  @Override
  public void strip(
      int rows,
      int columns,
      int k,
      Left a,
      long b,
      long stepB,
      long c,
      long rowC,
      float scale,
      boolean add,
      long tile,
      long fetches) {
    MachineTiles tiles = a.step() == 4 ? down : across;
    tiles.strip(rows, columns, steps(k), a.address(), b, c, rowC, scale, add, fetches);
  }
}
