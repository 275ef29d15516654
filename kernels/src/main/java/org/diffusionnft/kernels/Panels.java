package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.VectorMask;
import org.diffusionnft.kernels.machine.MachineTranspose;
import org.diffusionnft.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * The right-hand matrix of a product, packed into panels that the micro-kernels read sequentially:
 * columns in groups of {@link #WIDTH}, each group stored {@code [K][WIDTH]}; a last group of at
 * most half as many columns is stored {@code [K][WIDTH / 2]}. Columns beyond the matrix are 0.
 * Transposes and half precision are handled here, so that the micro-kernels need not.
 */
final class Panels {
  private Panels() {}

  /** Columns of a panel. */
  static final int WIDTH = 2 * LANES;

  /** Number of floats for {@code n} columns of {@code k} rows. */
  static long floats(int n, int k) {
    return (long) padded(n) * k;
  }

  /** Number of columns including padding. */
  static int padded(int n) {
    return (n + LANES - 1) / LANES * LANES;
  }

  /** Number of panels of {@code n} columns. */
  static int count(int n) {
    return (n + WIDTH - 1) / WIDTH;
  }

  /** Row stride, in bytes, of a packed panel of at most {@link #WIDTH} columns. */
  static long step(int columns) {
    return columns <= LANES ? Lanes.BYTES : 2 * Lanes.BYTES;
  }

  /**
   * Packs one panel.
   *
   * @param b {@code [K, N]}
   * @param fromK first row to pack, {@code k} of them
   * @param column first column of the panel
   * @param columns columns of the matrix in it, 1 to {@link #WIDTH}
   * @param work {@link Transposition#WORK_FLOATS} of working memory
   * @param transpose machine code for transposes, or null
   */
  static void pack(
      Matrix b,
      int fromK,
      int k,
      int column,
      int columns,
      long to,
      long work,
      @Nullable MachineTranspose transpose) {
    int stored = columns <= LANES ? LANES : WIDTH;
    DType dtype = b.dtype();
    int size = dtype.bytes();
    long ld = b.ld();
    if (b.transposed()) {
      long from = b.address() + size * (column * ld + fromK);
      Transposition.pack(dtype, from, size * ld, columns, k, to, stored, work, transpose);
      return;
    }
    long from = b.address() + size * (fromK * ld + column);
    if (dtype == DType.F32) {
      packRows(from, 4 * ld, k, columns, stored, to);
    } else if (dtype == DType.BF16 && columns == WIDTH) {
      packBf16Rows(from, 2 * ld, k, to);
    } else {
      for (int i = 0; i < k; i++) {
        long row = to + 4L * i * stored;
        Lanes.widen(dtype, from + size * ld * i, row, columns);
        for (int j = columns; j < stored; j++) {
          Lanes.set(row + 4L * j, 0);
        }
      }
    }
  }

  private static void packRows(long from, long row, int k, int columns, int stored, long to) {
    for (int j = 0; j < stored; j += LANES) {
      long at = to + 4L * j;
      if (j + LANES <= columns) {
        for (int i = 0; i < k; i++) {
          fromMemorySegment(FLOATS, ALL, from + 4L * j + i * row, ORDER)
              .intoMemorySegment(ALL, at + 4L * i * stored, ORDER);
        }
      } else {
        VectorMask<Float> inside = FIRST[columns - j];
        for (int i = 0; i < k; i++) {
          fromMemorySegment(FLOATS, ALL, from + 4L * j + i * row, ORDER, inside)
              .intoMemorySegment(ALL, at + 4L * i * stored, ORDER);
        }
      }
    }
  }

  private static void packBf16Rows(long from, long row, int k, long to) {
    for (int i = 0; i < k; i++) {
      long at = from + i * row;
      long target = to + 8L * LANES * i;
      Lanes.loadBf16(at).intoMemorySegment(ALL, target, ORDER);
      Lanes.loadBf16(at + 2L * LANES).intoMemorySegment(ALL, target + 4L * LANES, ORDER);
    }
  }
}
