package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Lanes.load;
import static org.diffusionnft.kernels.Lanes.splat;
import static org.diffusionnft.kernels.Lanes.splatAt;
import static org.diffusionnft.kernels.Lanes.store;

import jdk.incubator.vector.FloatVector;

/** Micro-kernels one vector wide, for the last columns of a product; see {@link WideTiles}. */
final class NarrowTiles {
  private NarrowTiles() {}

  static void tile8x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = splat(0);
    FloatVector c10 = splat(0);
    FloatVector c20 = splat(0);
    FloatVector c30 = splat(0);
    FloatVector c40 = splat(0);
    FloatVector c50 = splat(0);
    FloatVector c60 = splat(0);
    FloatVector c70 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = splatAt(p + rowA);
      c10 = a1.fma(b0, c10);
      FloatVector a2 = splatAt(p + 2 * rowA);
      c20 = a2.fma(b0, c20);
      FloatVector a3 = splatAt(p + 3 * rowA);
      c30 = a3.fma(b0, c30);
      FloatVector a4 = splatAt(p + 4 * rowA);
      c40 = a4.fma(b0, c40);
      FloatVector a5 = splatAt(p + 5 * rowA);
      c50 = a5.fma(b0, c50);
      FloatVector a6 = splatAt(p + 6 * rowA);
      c60 = a6.fma(b0, c60);
      FloatVector a7 = splatAt(p + 7 * rowA);
      c70 = a7.fma(b0, c70);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
    store(c + rowC, c10);
    store(c + 2 * rowC, c20);
    store(c + 3 * rowC, c30);
    store(c + 4 * rowC, c40);
    store(c + 5 * rowC, c50);
    store(c + 6 * rowC, c60);
    store(c + 7 * rowC, c70);
  }

  static void tile4x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = splat(0);
    FloatVector c10 = splat(0);
    FloatVector c20 = splat(0);
    FloatVector c30 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = splatAt(p + rowA);
      c10 = a1.fma(b0, c10);
      FloatVector a2 = splatAt(p + 2 * rowA);
      c20 = a2.fma(b0, c20);
      FloatVector a3 = splatAt(p + 3 * rowA);
      c30 = a3.fma(b0, c30);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
    store(c + rowC, c10);
    store(c + 2 * rowC, c20);
    store(c + 3 * rowC, c30);
  }

  static void tile1x1(
      int depth, long a, long rowA, long stepA, long b, long stepB, long c, long rowC) {
    FloatVector c00 = splat(0);
    long p = a;
    long q = b;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(q);
      FloatVector a0 = splatAt(p);
      c00 = a0.fma(b0, c00);
      p += stepA;
      q += stepB;
    }
    store(c, c00);
  }
}
