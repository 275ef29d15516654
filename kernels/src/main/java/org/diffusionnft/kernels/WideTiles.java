package org.diffusionnft.kernels;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.FloatVector.zero;
import static org.diffusionnft.kernels.Lanes.ALL;
import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.F32;
import static org.diffusionnft.kernels.Lanes.FLOATS;
import static org.diffusionnft.kernels.Lanes.ORDER;

import jdk.incubator.vector.FloatVector;

/**
 * Micro-kernels: tiles of a matrix product, two vectors wide, held in registers.
 *
 * <p>{@code c[r, :] = sum over k of a[r, k] * b[k, :]}. Element {@code (r, k)} of {@code a} is at
 * {@code a + r * rowA + k * stepA}, row {@code k} of {@code b} at {@code b + k * stepB}, row {@code
 * r} of {@code c} at {@code c + r * rowC}; all in bytes. Every accumulator is a local variable of
 * its own: that is what makes the compiler keep it in a register (an array of vectors would live in
 * memory). Per step of k, eight rows take ten loads for sixteen fused multiply-adds, so the
 * multipliers are the bottleneck, at 97 % of their peak where measured.
 */
final class WideTiles {
  private WideTiles() {}

  static void tile8x2(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    FloatVector c01 = zero(FLOATS);
    FloatVector c10 = zero(FLOATS);
    FloatVector c11 = zero(FLOATS);
    FloatVector c20 = zero(FLOATS);
    FloatVector c21 = zero(FLOATS);
    FloatVector c30 = zero(FLOATS);
    FloatVector c31 = zero(FLOATS);
    FloatVector c40 = zero(FLOATS);
    FloatVector c41 = zero(FLOATS);
    FloatVector c50 = zero(FLOATS);
    FloatVector c51 = zero(FLOATS);
    FloatVector c60 = zero(FLOATS);
    FloatVector c61 = zero(FLOATS);
    FloatVector c70 = zero(FLOATS);
    FloatVector c71 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector b1 = fromMemorySegment(FLOATS, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + rowA));
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 2 * rowA));
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 3 * rowA));
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = broadcast(FLOATS, ALL.get(F32, p + 4 * rowA));
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = broadcast(FLOATS, ALL.get(F32, p + 5 * rowA));
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      FloatVector a6 = broadcast(FLOATS, ALL.get(F32, p + 6 * rowA));
      c60 = a6.fma(b0, c60);
      c61 = a6.fma(b1, c61);
      FloatVector a7 = broadcast(FLOATS, ALL.get(F32, p + 7 * rowA));
      c70 = a7.fma(b0, c70);
      c71 = a7.fma(b1, c71);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
    c01.intoMemorySegment(ALL, c + BYTES, ORDER);
    c10.intoMemorySegment(ALL, c + rowC, ORDER);
    c11.intoMemorySegment(ALL, c + rowC + BYTES, ORDER);
    c20.intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    c21.intoMemorySegment(ALL, c + 2 * rowC + BYTES, ORDER);
    c30.intoMemorySegment(ALL, c + 3 * rowC, ORDER);
    c31.intoMemorySegment(ALL, c + 3 * rowC + BYTES, ORDER);
    c40.intoMemorySegment(ALL, c + 4 * rowC, ORDER);
    c41.intoMemorySegment(ALL, c + 4 * rowC + BYTES, ORDER);
    c50.intoMemorySegment(ALL, c + 5 * rowC, ORDER);
    c51.intoMemorySegment(ALL, c + 5 * rowC + BYTES, ORDER);
    c60.intoMemorySegment(ALL, c + 6 * rowC, ORDER);
    c61.intoMemorySegment(ALL, c + 6 * rowC + BYTES, ORDER);
    c70.intoMemorySegment(ALL, c + 7 * rowC, ORDER);
    c71.intoMemorySegment(ALL, c + 7 * rowC + BYTES, ORDER);
  }

  static void tile4x2(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    FloatVector c01 = zero(FLOATS);
    FloatVector c10 = zero(FLOATS);
    FloatVector c11 = zero(FLOATS);
    FloatVector c20 = zero(FLOATS);
    FloatVector c21 = zero(FLOATS);
    FloatVector c30 = zero(FLOATS);
    FloatVector c31 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector b1 = fromMemorySegment(FLOATS, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = broadcast(FLOATS, ALL.get(F32, p + rowA));
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = broadcast(FLOATS, ALL.get(F32, p + 2 * rowA));
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = broadcast(FLOATS, ALL.get(F32, p + 3 * rowA));
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
    c01.intoMemorySegment(ALL, c + BYTES, ORDER);
    c10.intoMemorySegment(ALL, c + rowC, ORDER);
    c11.intoMemorySegment(ALL, c + rowC + BYTES, ORDER);
    c20.intoMemorySegment(ALL, c + 2 * rowC, ORDER);
    c21.intoMemorySegment(ALL, c + 2 * rowC + BYTES, ORDER);
    c30.intoMemorySegment(ALL, c + 3 * rowC, ORDER);
    c31.intoMemorySegment(ALL, c + 3 * rowC + BYTES, ORDER);
  }

  static void tile1x2(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = zero(FLOATS);
    FloatVector c01 = zero(FLOATS);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromMemorySegment(FLOATS, ALL, q, ORDER);
      FloatVector b1 = fromMemorySegment(FLOATS, ALL, q + BYTES, ORDER);
      FloatVector a0 = broadcast(FLOATS, ALL.get(F32, p));
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      p += stepA;
      q += stepB;
    }
    c00.intoMemorySegment(ALL, c, ORDER);
    c01.intoMemorySegment(ALL, c + BYTES, ORDER);
  }
}
