package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.LANES;

/** A block of a matrix product on one thread: tiles and edge handling. */
final class Block {
  private Block() {}

  /** Rows of the tallest tile: AVX-512 and NEON have 32 vector registers, AVX2 has 16. */
  static final int ROWS = LANES == 8 ? 6 : 14;

  /** Rows of a tile with any row stride. */
  private static final int LOOSE_ROWS = LANES == 8 ? 4 : 8;

  /** Floats of scratch that {@link #strip} needs. */
  static final int TILE_FLOATS = ROWS * Panels.WIDTH;

  /**
   * The left matrix of a product: floats with any strides.
   *
   * @param address of element {@code (0, 0)}
   * @param row bytes between rows
   * @param step bytes between elements of a row
   */
  record Left(long address, long row, long step) {
    /** Rows of contiguous floats. */
    static Left rows(long address, long row) {
      return new Left(address, row, 4);
    }

    /** The same floats as the transposed matrix. */
    Left transpose() {
      return new Left(address, step, row);
    }

    /** Address of a row. */
    long at(int r) {
      return address + r * row;
    }
  }

  /**
   * The destination of a product.
   *
   * @param address of element {@code (0, 0)}
   * @param row bytes between rows, whose floats are contiguous
   * @param scale factor applied to the product
   * @param add whether the product is added to the existing values
   */
  record Result(long address, long row, float scale, boolean add) {}

  /** Multiplies all rows by one panel with a row stride of {@code stepB} bytes. */
  static void strip(
      int m,
      int columns,
      int depth,
      Left a,
      long b,
      long stepB,
      long c,
      long rowC,
      float scale,
      boolean add,
      long tile) {
    long rowA = a.row;
    long stepA = a.step;
    boolean wide = columns > LANES;
    boolean whole = columns == (wide ? Panels.WIDTH : LANES);
    boolean across = rowA == 4 && stepA == TallRows.ROW;
    boolean tall = wide && (across || (rowA == TallRows.ROW && stepA == 4));
    long rowTile = wide ? 2 * BYTES : BYTES;
    for (int done = 0; done < m; ) {
      int rows = rows(m, m - done, tall);
      // The last tile is moved up to end at the last row; recomputed rows are dropped.
      int row = Math.min(done, m - rows);
      int repeated = done - row;
      long atA = a.at(row);
      if (rows == ROWS && whole) {
        long to = c + row * rowC;
        if (add) {
          tall(across, depth, atA, b, stepB, scale, to, rowC, to, rowC);
        } else {
          tall(across, depth, atA, b, stepB, scale, TallRows.NOTHING, 0, to, rowC);
        }
      } else if (whole && scale == 1 && !add && repeated == 0) {
        tile(rows, wide, depth, atA, rowA, stepA, b, stepB, c + row * rowC, rowC);
      } else {
        tile(rows, wide, depth, atA, rowA, stepA, b, stepB, tile, rowTile);
        for (int r = repeated; r < rows; r++) {
          long to = c + (row + r) * rowC;
          if (add) {
            RowLoops.addScaled(scale, tile + r * rowTile, to, columns);
          } else {
            RowLoops.scale(scale, tile + r * rowTile, to, columns);
          }
        }
      }
      done = row + rows;
    }
  }

  /** Rows of the next tile, when {@code left} of {@code m} rows remain. */
  private static int rows(int m, int left, boolean tall) {
    if (tall && left >= ROWS) {
      return ROWS;
    }
    if (m >= LOOSE_ROWS && left > 4) {
      return LOOSE_ROWS;
    }
    return m >= 4 && left > 1 ? 4 : 1;
  }

  /** A tile of {@link #ROWS} rows; {@code across} if {@code a} is stored transposed. */
  private static void tall(
      boolean across,
      int depth,
      long a,
      long b,
      long stepB,
      float scale,
      long from,
      long rowFrom,
      long c,
      long rowC) {
    if (ROWS == 14 && across) {
      TallTransposedTiles.tile14x2(depth, a, b, stepB, scale, from, rowFrom, c, rowC);
    } else if (ROWS == 14) {
      TallTiles.tile14x2(depth, a, b, stepB, scale, from, rowFrom, c, rowC);
    } else if (across) {
      TallTransposedTiles.tile6x2(depth, a, b, stepB, scale, from, rowFrom, c, rowC);
    } else {
      TallTiles.tile6x2(depth, a, b, stepB, scale, from, rowFrom, c, rowC);
    }
  }

  private static void tile(
      int rows,
      boolean wide,
      int depth,
      long a,
      long rowA,
      long stepA,
      long b,
      long stepB,
      long c,
      long rowC) {
    if (wide) {
      switch (rows) {
        case 14, 6 -> tall(rowA == 4, depth, a, b, stepB, 1, TallRows.NOTHING, 0, c, rowC);
        case 8 -> WideTiles.tile8x2(depth, a, rowA, stepA, b, stepB, c, rowC);
        case 4 -> WideTiles.tile4x2(depth, a, rowA, stepA, b, stepB, c, rowC);
        default -> WideTiles.tile1x2(depth, a, rowA, stepA, b, stepB, c, rowC);
      }
    } else {
      switch (rows) {
        case 8 -> NarrowTiles.tile8x1(depth, a, rowA, stepA, b, stepB, c, rowC);
        case 4 -> NarrowTiles.tile4x1(depth, a, rowA, stepA, b, stepB, c, rowC);
        default -> NarrowTiles.tile1x1(depth, a, rowA, stepA, b, stepB, c, rowC);
      }
    }
  }
}
