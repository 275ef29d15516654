package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.FIRST;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.LANES;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;
import org.diffusionnft.tensor.DType;

/**
 * Products of a few rows with a transposed matrix, as dot products: the cost is reading the matrix
 * once, and packing it would double that.
 */
final class FewRows {
  private FewRows() {}

  /** Maximum number of rows for which this is faster than packing. */
  static final int MOST = 4;

  /** Rows of {@code b} processed together. */
  private static final int GROUP = 4;

  /**
   * {@code c[r, j] = scale * dot(a[r], b[j])} for {@code m} rows and {@code n} columns; or added to
   * {@code c}.
   *
   * @param a rows of contiguous floats
   * @param b {@code [k, n]}, stored transposed
   * @param work {@code 4 * k} floats, used if {@code b} is not F32
   */
  static void multiply(int m, int n, int k, Block.Left a, Matrix b, Block.Result c, long work) {
    DType dtype = b.dtype();
    long rowB = b.rowBytes();
    float scale = c.scale();
    boolean add = c.add();
    for (int j = 0; j < n; j += GROUP) {
      // The last group is moved up to end at the last row; recomputed results are dropped.
      int first = Math.max(0, Math.min(j, n - GROUP));
      int group = Math.min(GROUP, n);
      long at = b.address() + first * rowB;
      long row = rowB;
      boolean direct = dtype == DType.BF16 && group == GROUP && k % LANES == 0;
      if (dtype != DType.F32 && !direct) {
        for (int i = 0; i < group; i++) {
          Lanes.widen(dtype, at + i * rowB, work + 4L * i * k, k);
        }
        at = work;
        row = 4L * k;
      }
      for (int r = 0; r < m; r++) {
        long from = a.at(r);
        long to = c.address() + r * c.row() + 4L * first;
        if (direct) {
          DotTiles.bf16(k, from, at, row, to, scale, add, j - first);
        } else if (group == GROUP) {
          DotTiles.floats(k, from, at, row, to, scale, add, j - first);
        } else {
          for (int i = 0; i < group; i++) {
            put(to + 4L * i, one(k, from, at + i * row) * scale, add);
          }
        }
      }
    }
  }

  /** Stores four results, skipping the first {@code repeated}, which are there already. */
  static void put(long to, float c0, float c1, float c2, float c3, boolean add, int repeated) {
    if (repeated < 1) {
      put(to, c0, add);
    }
    if (repeated < 2) {
      put(to + 4, c1, add);
    }
    if (repeated < 3) {
      put(to + 8, c2, add);
    }
    put(to + 12, c3, add);
  }

  private static float one(int k, long a, long b) {
    FloatVector s = broadcast(FLOATS, 0);
    for (int i = 0; i < k; i += LANES) {
      int left = Math.min(LANES, k - i);
      s =
          fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER, FIRST[left])
              .fma(fromMemorySegment(FLOATS, ALL, b + 4L * i, ORDER, FIRST[left]), s);
    }
    return Lanes.sum(s);
  }

  private static void put(long at, float value, boolean add) {
    Lanes.set(at, add ? Lanes.get(at) + value : value);
  }
}
