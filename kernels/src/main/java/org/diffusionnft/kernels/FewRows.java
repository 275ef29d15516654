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
 * Products of at most a few rows with a transposed matrix, as dot products: reading the matrix once
 * is all the work there is, and packing it would double that.
 */
final class FewRows {
  private FewRows() {}

  /** Most rows for which this is faster than packing. */
  static final int MOST = 4;

  /** Rows of {@code b} taken together. */
  private static final int GROUP = 4;

  /**
   * {@code c[r, j] = scale * dot(a[r], b[j])} for {@code m} rows and {@code n} columns, or added.
   *
   * @param rowA bytes between rows of F32 {@code a}
   * @param rowB bytes between rows of {@code b}
   * @param work {@code 4 * k} floats, used if {@code b} is not F32
   */
  static void multiply(
      int m,
      int n,
      int k,
      long a,
      long rowA,
      DType dtype,
      long b,
      long rowB,
      long c,
      long rowC,
      float scale,
      boolean add,
      long work) {
    for (int j = 0; j < n; j += GROUP) {
      // The last group is moved up to end with the last row; what it computes again is dropped.
      int first = Math.max(0, Math.min(j, n - GROUP));
      int group = Math.min(GROUP, n);
      long at = b + first * rowB;
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
        long to = c + r * rowC + 4L * first;
        if (direct) {
          fourBf16(k, a + r * rowA, at, row, to, scale, add, j - first);
        } else if (group == GROUP) {
          four(k, a + r * rowA, at, row, to, scale, add, j - first);
        } else {
          for (int i = 0; i < group; i++) {
            put(to + 4L * i, one(k, a + r * rowA, at + i * row) * scale, add);
          }
        }
      }
    }
  }

  private static void four(
      int k, long a, long b, long rowB, long to, float scale, boolean add, int repeated) {
    FloatVector s0 = broadcast(FLOATS, 0);
    FloatVector s1 = broadcast(FLOATS, 0);
    FloatVector s2 = broadcast(FLOATS, 0);
    FloatVector s3 = broadcast(FLOATS, 0);
    int i = 0;
    for (; i < Lanes.whole(k); i += LANES) {
      long at = b + 4L * i;
      FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER);
      s0 = x.fma(fromMemorySegment(FLOATS, ALL, at, ORDER), s0);
      s1 = x.fma(fromMemorySegment(FLOATS, ALL, at + rowB, ORDER), s1);
      s2 = x.fma(fromMemorySegment(FLOATS, ALL, at + 2 * rowB, ORDER), s2);
      s3 = x.fma(fromMemorySegment(FLOATS, ALL, at + 3 * rowB, ORDER), s3);
    }
    if (i < k) {
      long at = b + 4L * i;
      FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER, FIRST[k - i]);
      s0 = x.fma(fromMemorySegment(FLOATS, ALL, at, ORDER, FIRST[k - i]), s0);
      s1 = x.fma(fromMemorySegment(FLOATS, ALL, at + rowB, ORDER, FIRST[k - i]), s1);
      s2 = x.fma(fromMemorySegment(FLOATS, ALL, at + 2 * rowB, ORDER, FIRST[k - i]), s2);
      s3 = x.fma(fromMemorySegment(FLOATS, ALL, at + 3 * rowB, ORDER, FIRST[k - i]), s3);
    }
    put(
        to,
        Lanes.sum(s0) * scale,
        Lanes.sum(s1) * scale,
        Lanes.sum(s2) * scale,
        Lanes.sum(s3) * scale,
        add,
        repeated);
  }

  /** The same sums in the same order, of BF16 rows of whole vectors, which are read once only. */
  private static void fourBf16(
      int k, long a, long b, long rowB, long to, float scale, boolean add, int repeated) {
    FloatVector s0 = broadcast(FLOATS, 0);
    FloatVector s1 = broadcast(FLOATS, 0);
    FloatVector s2 = broadcast(FLOATS, 0);
    FloatVector s3 = broadcast(FLOATS, 0);
    for (int i = 0; i < k; i += LANES) {
      long at = b + 2L * i;
      FloatVector x = fromMemorySegment(FLOATS, ALL, a + 4L * i, ORDER);
      s0 = x.fma(Lanes.loadBf16(at), s0);
      s1 = x.fma(Lanes.loadBf16(at + rowB), s1);
      s2 = x.fma(Lanes.loadBf16(at + 2 * rowB), s2);
      s3 = x.fma(Lanes.loadBf16(at + 3 * rowB), s3);
    }
    put(
        to,
        Lanes.sum(s0) * scale,
        Lanes.sum(s1) * scale,
        Lanes.sum(s2) * scale,
        Lanes.sum(s3) * scale,
        add,
        repeated);
  }

  /** Four results, of which the first ones are there already. */
  private static void put(
      long to, float c0, float c1, float c2, float c3, boolean add, int repeated) {
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
