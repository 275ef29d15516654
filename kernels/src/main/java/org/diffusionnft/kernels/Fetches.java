package org.diffusionnft.kernels;

import org.diffusionnft.kernels.machine.MachineTiles;
import org.diffusionnft.kernels.machine.Tile;

/**
 * What the tiles of a strip fetch into the cache while they multiply: the rows of memory that are
 * packed, copied or multiplied next. Each tile fetches two rows for the next panel and one for the
 * next left matrix. Without this, a core spends a tenth of a large product waiting for memory.
 */
final class Fetches {
  private static final int FOR_PANEL = 2;
  private static final int FOR_LEFT = Tile.FETCHES - FOR_PANEL;

  private final long list;
  private final int tiles;

  /**
   * Rows of memory. A strip fetches four bytes of a row for each of its steps of k.
   *
   * @param first address of the first row
   * @param stride bytes between rows
   * @param count at least 1
   * @param piece bytes after which the next piece of a row begins: first come the first pieces of
   *     all rows, then the second ones
   * @param from how many pieces are left out because they have been fetched before
   */
  record Rows(long first, long stride, int count, long piece, int from) {
    /** Rows of one piece. */
    Rows(long first, long stride, int count) {
      this(first, stride, count, 0, 0);
    }
  }

  /**
   * A list for strips of a number of rows.
   *
   * @param scratch slot {@code slot} of which holds the list
   */
  Fetches(Scratch scratch, int slot, int rows) {
    this.tiles = MachineTiles.tiles(rows);
    this.list = scratch.floats(slot, (long) tiles * Tile.FETCHES * (Long.BYTES / Float.BYTES));
  }

  /** The address of the list for one strip; it is overwritten by that for the next. */
  long list(Rows panel, Rows left) {
    fill(panel, 0, FOR_PANEL);
    fill(left, FOR_PANEL, FOR_LEFT);
    return list;
  }

  /** Rows beyond the last begin again at the first, which does no harm. */
  private void fill(Rows rows, int slot, int each) {
    int row = rows.from % rows.count;
    long piece = rows.from / rows.count * rows.piece;
    for (int t = 0; t < tiles; t++) {
      for (int i = 0; i < each; i++) {
        Lanes.setLong(
            list + (t * Tile.FETCHES + slot + i) * (long) Long.BYTES,
            rows.first + row * rows.stride + piece);
        if (++row == rows.count) {
          row = 0;
          piece += rows.piece;
        }
      }
    }
  }

  /** How many panel rows a strip fetches. */
  int panelRows() {
    return tiles * FOR_PANEL;
  }

  /** How many rows of the left matrix a strip fetches. */
  int leftRows() {
    return tiles * FOR_LEFT;
  }
}
