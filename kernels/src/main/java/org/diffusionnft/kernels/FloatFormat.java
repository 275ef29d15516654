package org.diffusionnft.kernels;

import org.diffusionnft.kernels.Block.Left;
import org.diffusionnft.kernels.machine.MachineExponentials;
import org.diffusionnft.kernels.machine.MachineTiles;
import org.diffusionnft.kernels.machine.MachineTranspose;
import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Float products by machine code where it is available and the operands have its layout, else by
 * Vector API tiles; the sums are bitwise the same. Half precision is widened when operands are
 * copied.
 *
 * @param rounds whether attention scores are rounded to BF16 before they are multiplied
 * @param down machine code for a row stride of {@link TallRows#ROW} bytes, or null
 * @param across the same for a left matrix that is stored transposed
 * @param transpose machine code for transposes, or null
 * @param exponentials machine code for softmax, or null
 */
record FloatFormat(
    boolean rounds,
    @Nullable MachineTiles down,
    @Nullable MachineTiles across,
    @Nullable MachineTranspose transpose,
    @Nullable MachineExponentials exponentials)
    implements ProductFormat {
  /** Row stride of A, in bytes, above which its rows are copied together before use. */
  private static final long FAR = 2048;

  /** With fewer steps, the call overhead of a tile matters. */
  private static final int LEAST_STEPS = 16;

  @Override
  public int depth() {
    return TallRows.DEPTH;
  }

  @Override
  public int rows() {
    // For machine code, they must fit between two k steps of a transposed left matrix.
    return (down == null ? 20 : 19) * Block.ROWS;
  }

  @Override
  public boolean fetches() {
    return down != null;
  }

  @Override
  public int steps(int k) {
    return k;
  }

  @Override
  public void pack(Matrix b, int fromK, int k, int column, int columns, long to, long work) {
    Panels.pack(b, fromK, k, column, columns, to, work, transpose);
  }

  /**
   * In place if it is F32 and dense enough; else copied. The copy's rows are padded by a cache
   * line, so that they do not all map to the same cache sets.
   */
  @Override
  public Left left(
      Matrix a, int row, int rows, int fromK, int k, boolean reused, Scratch scratch, int buffer) {
    DType dtype = a.dtype();
    boolean transposed = a.transposed();
    int size = dtype.bytes();
    int outer = transposed ? k : rows;
    int inner = transposed ? rows : k;
    long first = transposed ? fromK * a.ld() + row : row * a.ld() + fromK;
    long from = a.address() + size * first;
    long between = a.rowBytes();
    boolean tall = reused && (!transposed || down != null);
    boolean forTallTiles = tall && 4L * inner <= TallRows.ROW;
    if (dtype != DType.F32 || between > FAR || forTallTiles) {
      long padded = forTallTiles ? TallRows.ROW : 4L * ((inner + 15) / 16 * 16 + 16);
      long to = scratch.floats(buffer, outer * padded / 4);
      if (dtype == DType.F32) {
        Rows.gather(from, between, outer, inner, to, padded);
      } else {
        for (int i = 0; i < outer; i++) {
          Lanes.widen(dtype, from + i * between, to + i * padded, inner);
        }
      }
      from = to;
      between = padded;
    }
    Left left = Left.rows(from, between);
    return transposed ? left.transpose() : left;
  }

  @Override
  public Left weights(Left scores, int rows, int keys, SoftmaxState state, long copy, long tile) {
    if (exponentials == null) {
      return ProductFormat.super.weights(scores, rows, keys, state, copy, tile);
    }
    int vectors = Panels.padded(keys) / Lanes.LANES;
    exponentials.run(scores.address(), scores.address(), state.address(), vectors, rows);
    return scores(scores, rows, keys, copy);
  }

  @Override
  public Left scores(Left floats, int rows, int columns, long copy) {
    return rounds ? rounded(floats, rows, columns) : floats;
  }

  @Override
  public Left scoresAcross(Left floats, int rows, int columns, long copy) {
    return scores(floats, rows, columns, copy).transpose();
  }

  private static Left rounded(Left floats, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      HalfRows.round(floats.at(r), columns);
    }
    return floats;
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
    boolean packed = k >= LEAST_STEPS && stepB == Panels.step(columns);
    if (packed && down != null && a.row() == TallRows.ROW && a.step() == 4) {
      down.strip(rows, columns, k, a.address(), b, c, rowC, scale, add, fetches);
    } else if (packed && across != null && a.row() == 4 && a.step() == TallRows.ROW) {
      across.strip(rows, columns, k, a.address(), b, c, rowC, scale, add, fetches);
    } else {
      Block.strip(rows, columns, k, a, b, stepB, c, rowC, scale, add, tile);
    }
  }
}
