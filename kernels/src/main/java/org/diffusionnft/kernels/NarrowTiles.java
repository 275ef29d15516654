package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.FloatVector.zero;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.F32;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;

/** Micro-kernels one vector wide, for the last columns of a product; see {@link WideTiles}. */
final class NarrowTiles {
  private NarrowTiles() {}

  static void tile8x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    FloatVector c10 = zero(FLOATS);
    FloatVector c20 = zero(FLOATS);
    FloatVector c30 = zero(FLOATS);
    FloatVector c40 = zero(FLOATS);
    FloatVector c50 = zero(FLOATS);
    FloatVector c60 = zero(FLOATS);
    FloatVector c70 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + rowA));
      c10 = a1.fma(b0, c10);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 2 * rowA));
      c20 = a2.fma(b0, c20);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 3 * rowA));
      c30 = a3.fma(b0, c30);
      FloatVector a4 = broadcast(FLOATS, ALL.get(F32, p + 4 * rowA));
      c40 = a4.fma(b0, c40);
      FloatVector a5 = broadcast(FLOATS, ALL.get(F32, p + 5 * rowA));
      c50 = a5.fma(b0, c50);
      FloatVector a6 = broadcast(FLOATS, ALL.get(F32, p + 6 * rowA));
      c60 = a6.fma(b0, c60);
      FloatVector a7 = broadcast(FLOATS, ALL.get(F32, p + 7 * rowA));
      c70 = a7.fma(b0, c70);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
    c10.intoMemorySegment(ALL, c + rowC, ORDER);
    c20.intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    c30.intoMemorySegment(ALL, c + 3 * rowC, ORDER);
    c40.intoMemorySegment(ALL, c + 4 * rowC, ORDER);
    c50.intoMemorySegment(ALL, c + 5 * rowC, ORDER);
    c60.intoMemorySegment(ALL, c + 6 * rowC, ORDER);
    c70.intoMemorySegment(ALL, c + 7 * rowC, ORDER);
  }

  static void tile4x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    FloatVector c10 = zero(FLOATS);
    FloatVector c20 = zero(FLOATS);
    FloatVector c30 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + rowA));
      c10 = a1.fma(b0, c10);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 2 * rowA));
      c20 = a2.fma(b0, c20);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 3 * rowA));
      c30 = a3.fma(b0, c30);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
    c10.intoMemorySegment(ALL, c + rowC, ORDER);
    c20.intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    c30.intoMemorySegment(ALL, c + 3 * rowC, ORDER);
  }

  static void tile1x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
  }
}
