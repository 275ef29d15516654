package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.FloatVector.zero;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.F32;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.ORDER;
import static org.diffusionnft.kernels.TallTiles.ROW;

import jdk.incubator.vector.FloatVector;

/**
 * {@link TallTiles} for an {@code a} that is stored transposed: its columns are {@link
 * TallTiles#ROW} bytes apart. A copy with the two distances exchanged: passed as arguments they
 * would not be constants to the compiler, which does not inline methods of this size.
 *
 * <p>{@code c[r, :] = from[r, :] + scale * sum over k of a[k, r] * b[k, :]}, {@code from} being
 * {@code c} itself or {@link TallTiles#NOTHING}.
 */
final class TallTransposedTiles {
  private TallTransposedTiles() {}

  static void tile14x2(
      int depth,
      long a,
      long b,
      long stepB,
      float scale,
      long from,
      long rowFrom,
      long c,
      long rowC) {
    FloatVector none = zero(FLOATS);
    FloatVector c0_0 = none;
    FloatVector c0_1 = none;
    FloatVector c1_0 = none;
    FloatVector c1_1 = none;
    FloatVector c2_0 = none;
    FloatVector c2_1 = none;
    FloatVector c3_0 = none;
    FloatVector c3_1 = none;
    FloatVector c4_0 = none;
    FloatVector c4_1 = none;
    FloatVector c5_0 = none;
    FloatVector c5_1 = none;
    FloatVector c6_0 = none;
    FloatVector c6_1 = none;
    FloatVector c7_0 = none;
    FloatVector c7_1 = none;
    FloatVector c8_0 = none;
    FloatVector c8_1 = none;
    FloatVector c9_0 = none;
    FloatVector c9_1 = none;
    FloatVector c10_0 = none;
    FloatVector c10_1 = none;
    FloatVector c11_0 = none;
    FloatVector c11_1 = none;
    FloatVector c12_0 = none;
    FloatVector c12_1 = none;
    FloatVector c13_0 = none;
    FloatVector c13_1 = none;
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector b1 = fromMemorySegment(FLOATS, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c0_0 = a0.fma(b0, c0_0);
      c0_1 = a0.fma(b1, c0_1);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + 4));
      c1_0 = a1.fma(b0, c1_0);
      c1_1 = a1.fma(b1, c1_1);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 8));
      c2_0 = a2.fma(b0, c2_0);
      c2_1 = a2.fma(b1, c2_1);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 12));
      c3_0 = a3.fma(b0, c3_0);
      c3_1 = a3.fma(b1, c3_1);
      FloatVector a4 = broadcast(FLOATS, ALL.get(F32, p + 16));
      c4_0 = a4.fma(b0, c4_0);
      c4_1 = a4.fma(b1, c4_1);
      FloatVector a5 = broadcast(FLOATS, ALL.get(F32, p + 20));
      c5_0 = a5.fma(b0, c5_0);
      c5_1 = a5.fma(b1, c5_1);
      FloatVector a6 = broadcast(FLOATS, ALL.get(F32, p + 24));
      c6_0 = a6.fma(b0, c6_0);
      c6_1 = a6.fma(b1, c6_1);
      FloatVector a7 = broadcast(FLOATS, ALL.get(F32, p + 28));
      c7_0 = a7.fma(b0, c7_0);
      c7_1 = a7.fma(b1, c7_1);
      FloatVector a8 = broadcast(FLOATS, ALL.get(F32, p + 32));
      c8_0 = a8.fma(b0, c8_0);
      c8_1 = a8.fma(b1, c8_1);
      FloatVector a9 = broadcast(FLOATS, ALL.get(F32, p + 36));
      c9_0 = a9.fma(b0, c9_0);
      c9_1 = a9.fma(b1, c9_1);
      FloatVector a10 = broadcast(FLOATS, ALL.get(F32, p + 40));
      c10_0 = a10.fma(b0, c10_0);
      c10_1 = a10.fma(b1, c10_1);
      FloatVector a11 = broadcast(FLOATS, ALL.get(F32, p + 44));
      c11_0 = a11.fma(b0, c11_0);
      c11_1 = a11.fma(b1, c11_1);
      FloatVector a12 = broadcast(FLOATS, ALL.get(F32, p + 48));
      c12_0 = a12.fma(b0, c12_0);
      c12_1 = a12.fma(b1, c12_1);
      FloatVector a13 = broadcast(FLOATS, ALL.get(F32, p + 52));
      c13_0 = a13.fma(b0, c13_0);
      c13_1 = a13.fma(b1, c13_1);
      p += ROW;
      q += stepB;
    }
    FloatVector factor = broadcast(FLOATS, scale);
    factor.fma(c0_0, fromMemorySegment(FLOATS, ALL, from, ORDER)).intoMemorySegment(ALL, c, ORDER);
    factor
        .fma(c0_1, fromMemorySegment(FLOATS, ALL, from + BYTES, ORDER))
        .intoMemorySegment(ALL, c + BYTES, ORDER);
    factor
        .fma(c1_0, fromMemorySegment(FLOATS, ALL, from + rowFrom, ORDER))
        .intoMemorySegment(ALL, c + rowC, ORDER);
    factor
        .fma(c1_1, fromMemorySegment(FLOATS, ALL, from + rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + rowC + BYTES, ORDER);
    factor
        .fma(c2_0, fromMemorySegment(FLOATS, ALL, from + 2 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    factor
        .fma(c2_1, fromMemorySegment(FLOATS, ALL, from + 2 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 2 * rowC + BYTES, ORDER);
    factor
        .fma(c3_0, fromMemorySegment(FLOATS, ALL, from + 3 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 3 * rowC, ORDER);
    factor
        .fma(c3_1, fromMemorySegment(FLOATS, ALL, from + 3 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 3 * rowC + BYTES, ORDER);
    factor
        .fma(c4_0, fromMemorySegment(FLOATS, ALL, from + 4 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 4 * rowC, ORDER);
    factor
        .fma(c4_1, fromMemorySegment(FLOATS, ALL, from + 4 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 4 * rowC + BYTES, ORDER);
    factor
        .fma(c5_0, fromMemorySegment(FLOATS, ALL, from + 5 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 5 * rowC, ORDER);
    factor
        .fma(c5_1, fromMemorySegment(FLOATS, ALL, from + 5 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 5 * rowC + BYTES, ORDER);
    factor
        .fma(c6_0, fromMemorySegment(FLOATS, ALL, from + 6 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 6 * rowC, ORDER);
    factor
        .fma(c6_1, fromMemorySegment(FLOATS, ALL, from + 6 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 6 * rowC + BYTES, ORDER);
    factor
        .fma(c7_0, fromMemorySegment(FLOATS, ALL, from + 7 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 7 * rowC, ORDER);
    factor
        .fma(c7_1, fromMemorySegment(FLOATS, ALL, from + 7 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 7 * rowC + BYTES, ORDER);
    factor
        .fma(c8_0, fromMemorySegment(FLOATS, ALL, from + 8 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 8 * rowC, ORDER);
    factor
        .fma(c8_1, fromMemorySegment(FLOATS, ALL, from + 8 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 8 * rowC + BYTES, ORDER);
    factor
        .fma(c9_0, fromMemorySegment(FLOATS, ALL, from + 9 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 9 * rowC, ORDER);
    factor
        .fma(c9_1, fromMemorySegment(FLOATS, ALL, from + 9 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 9 * rowC + BYTES, ORDER);
    factor
        .fma(c10_0, fromMemorySegment(FLOATS, ALL, from + 10 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 10 * rowC, ORDER);
    factor
        .fma(c10_1, fromMemorySegment(FLOATS, ALL, from + 10 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 10 * rowC + BYTES, ORDER);
    factor
        .fma(c11_0, fromMemorySegment(FLOATS, ALL, from + 11 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 11 * rowC, ORDER);
    factor
        .fma(c11_1, fromMemorySegment(FLOATS, ALL, from + 11 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 11 * rowC + BYTES, ORDER);
    factor
        .fma(c12_0, fromMemorySegment(FLOATS, ALL, from + 12 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 12 * rowC, ORDER);
    factor
        .fma(c12_1, fromMemorySegment(FLOATS, ALL, from + 12 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 12 * rowC + BYTES, ORDER);
    factor
        .fma(c13_0, fromMemorySegment(FLOATS, ALL, from + 13 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 13 * rowC, ORDER);
    factor
        .fma(c13_1, fromMemorySegment(FLOATS, ALL, from + 13 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 13 * rowC + BYTES, ORDER);
  }

  /** For 16 registers. */
  static void tile6x2(
      int depth,
      long a,
      long b,
      long stepB,
      float scale,
      long from,
      long rowFrom,
      long c,
      long rowC) {
    FloatVector none = zero(FLOATS);
    FloatVector c00 = none;
    FloatVector c01 = none;
    FloatVector c10 = none;
    FloatVector c11 = none;
    FloatVector c20 = none;
    FloatVector c21 = none;
    FloatVector c30 = none;
    FloatVector c31 = none;
    FloatVector c40 = none;
    FloatVector c41 = none;
    FloatVector c50 = none;
    FloatVector c51 = none;
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector b1 = fromMemorySegment(FLOATS, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + 4));
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 8));
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 12));
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = broadcast(FLOATS, ALL.get(F32, p + 16));
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = broadcast(FLOATS, ALL.get(F32, p + 20));
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      p += ROW;
      q += stepB;
    }
    FloatVector factor = broadcast(FLOATS, scale);
    factor.fma(c00, fromMemorySegment(FLOATS, ALL, from, ORDER)).intoMemorySegment(ALL, c, ORDER);
    factor
        .fma(c01, fromMemorySegment(FLOATS, ALL, from + BYTES, ORDER))
        .intoMemorySegment(ALL, c + BYTES, ORDER);
    factor
        .fma(c10, fromMemorySegment(FLOATS, ALL, from + rowFrom, ORDER))
        .intoMemorySegment(ALL, c + rowC, ORDER);
    factor
        .fma(c11, fromMemorySegment(FLOATS, ALL, from + rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + rowC + BYTES, ORDER);
    factor
        .fma(c20, fromMemorySegment(FLOATS, ALL, from + 2 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    factor
        .fma(c21, fromMemorySegment(FLOATS, ALL, from + 2 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 2 * rowC + BYTES, ORDER);
    factor
        .fma(c30, fromMemorySegment(FLOATS, ALL, from + 3 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 3 * rowC, ORDER);
    factor
        .fma(c31, fromMemorySegment(FLOATS, ALL, from + 3 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 3 * rowC + BYTES, ORDER);
    factor
        .fma(c40, fromMemorySegment(FLOATS, ALL, from + 4 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 4 * rowC, ORDER);
    factor
        .fma(c41, fromMemorySegment(FLOATS, ALL, from + 4 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 4 * rowC + BYTES, ORDER);
    factor
        .fma(c50, fromMemorySegment(FLOATS, ALL, from + 5 * rowFrom, ORDER))
        .intoMemorySegment(ALL, c + 5 * rowC, ORDER);
    factor
        .fma(c51, fromMemorySegment(FLOATS, ALL, from + 5 * rowFrom + BYTES, ORDER))
        .intoMemorySegment(ALL, c + 5 * rowC + BYTES, ORDER);
  }
}
