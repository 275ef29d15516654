package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Device code of matrix products. A work-group of 8 x 8 computes a tile of 32 x 32: operands go
 * through local memory in slices of 16 of the inner dimension, and each work-item keeps 4 x 4 sums
 * in registers, 8 apart so that neighbours read and write neighbours. Each slice is summed on its
 * own first, which rounds less than one long sum.
 */
final class MatrixTasks {
  /** Rows of the result. */
  static final int ROWS = 0;

  /** Columns of the result. */
  static final int COLUMNS = 1;

  /** Numbers that are multiplied and summed for each element of the result. */
  static final int INNER = 2;

  static final int A = 3;
  static final int B = 4;

  /** One number a column, or {@link Arguments#NONE}. */
  static final int BIAS = 5;

  static final int OUT = 6;

  /** Step of a from row to row, and along the inner dimension. */
  static final int A_ROW = 7;

  static final int A_INNER = 8;

  /** Step of b along the inner dimension, and from column to column. */
  static final int B_INNER = 9;

  static final int B_COLUMN = 10;

  /** Steps from batch to batch. */
  static final int A_BATCH = 11;

  static final int B_BATCH = 12;

  /** A {@link UnaryCode}, or {@link Arguments#NONE}. */
  static final int ACTIVATION = 13;

  /** Whether the product is added to what is there. */
  static final int ACCUMULATE = 14;

  /** How the operands are stored, see {@link Halves#type}. */
  static final int A_TYPE = 15;

  static final int B_TYPE = 16;
  static final int BIAS_TYPE = 17;
  static final int SLOTS = 18;

  /** The slot of {@code f}. */
  static final int SCALE = 0;

  /** Rows and columns of a tile. */
  static final int TILE = 32;

  /** Work-items along each side of a tile. */
  static final int SIDE = 8;

  /** Work-items of a group. */
  private static final int GROUP = SIDE * SIDE;

  /** Numbers of the inner dimension in local memory at a time. */
  private static final int SLICE = 16;

  private MatrixTasks() {}

  /** Operands in half precision are widened as they are copied into local memory. */
  static void dnftMatmul(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p,
      FloatArray f) {
    float[] ta = c.allocateFloatLocalArray(SLICE * TILE);
    float[] tb = c.allocateFloatLocalArray(SLICE * TILE);
    float[] tc = c.allocateFloatLocalArray(TILE * TILE);
    int lx = c.localIdx;
    int ly = c.localIdy;
    int id = ly * SIDE + lx;
    int rows = p.get(ROWS);
    int columns = p.get(COLUMNS);
    int inner = p.get(INNER);
    int row0 = c.groupIdy * TILE;
    int column0 = c.groupIdx * TILE;
    int batch = c.groupIdz;
    int aAt = p.get(A) + batch * p.get(A_BATCH);
    int bAt = p.get(B) + batch * p.get(B_BATCH);
    int aRow = p.get(A_ROW);
    int aInner = p.get(A_INNER);
    int bInner = p.get(B_INNER);
    int bColumn = p.get(B_COLUMN);
    int aType = p.get(A_TYPE);
    int bType = p.get(B_TYPE);
    float s00 = 0f;
    float s01 = 0f;
    float s02 = 0f;
    float s03 = 0f;
    float s10 = 0f;
    float s11 = 0f;
    float s12 = 0f;
    float s13 = 0f;
    float s20 = 0f;
    float s21 = 0f;
    float s22 = 0f;
    float s23 = 0f;
    float s30 = 0f;
    float s31 = 0f;
    float s32 = 0f;
    float s33 = 0f;
    for (int k0 = 0; k0 < inner; k0 += SLICE) {
      for (int e = id; e < SLICE * TILE; e += GROUP) {
        // Neighbours read neighbouring numbers, whichever way the operand is stored.
        int k = e % SLICE;
        int r = e / SLICE;
        if (aInner != 1) {
          k = e / TILE;
          r = e % TILE;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (row0 + r < rows) {
            v =
                Halves.number(
                    m, h0, h1, h2, h3, aType, aAt + (row0 + r) * aRow + (k0 + k) * aInner);
          }
        }
        ta[k * TILE + r] = v;
      }
      for (int e = id; e < SLICE * TILE; e += GROUP) {
        int k = e / TILE;
        int r = e % TILE;
        if (bInner == 1) {
          k = e % SLICE;
          r = e / SLICE;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (column0 + r < columns) {
            v =
                Halves.number(
                    m, h0, h1, h2, h3, bType, bAt + (k0 + k) * bInner + (column0 + r) * bColumn);
          }
        }
        tb[k * TILE + r] = v;
      }
      c.localBarrier();
      float p00 = 0f;
      float p01 = 0f;
      float p02 = 0f;
      float p03 = 0f;
      float p10 = 0f;
      float p11 = 0f;
      float p12 = 0f;
      float p13 = 0f;
      float p20 = 0f;
      float p21 = 0f;
      float p22 = 0f;
      float p23 = 0f;
      float p30 = 0f;
      float p31 = 0f;
      float p32 = 0f;
      float p33 = 0f;
      for (int k = 0; k < SLICE; k++) {
        float a0 = ta[k * TILE + ly];
        float a1 = ta[k * TILE + ly + SIDE];
        float a2 = ta[k * TILE + ly + 2 * SIDE];
        float a3 = ta[k * TILE + ly + 3 * SIDE];
        float b0 = tb[k * TILE + lx];
        float b1 = tb[k * TILE + lx + SIDE];
        float b2 = tb[k * TILE + lx + 2 * SIDE];
        float b3 = tb[k * TILE + lx + 3 * SIDE];
        p00 += a0 * b0;
        p01 += a0 * b1;
        p02 += a0 * b2;
        p03 += a0 * b3;
        p10 += a1 * b0;
        p11 += a1 * b1;
        p12 += a1 * b2;
        p13 += a1 * b3;
        p20 += a2 * b0;
        p21 += a2 * b1;
        p22 += a2 * b2;
        p23 += a2 * b3;
        p30 += a3 * b0;
        p31 += a3 * b1;
        p32 += a3 * b2;
        p33 += a3 * b3;
      }
      s00 += p00;
      s01 += p01;
      s02 += p02;
      s03 += p03;
      s10 += p10;
      s11 += p11;
      s12 += p12;
      s13 += p13;
      s20 += p20;
      s21 += p21;
      s22 += p22;
      s23 += p23;
      s30 += p30;
      s31 += p31;
      s32 += p32;
      s33 += p33;
      c.localBarrier();
    }
    tc[ly * TILE + lx] = s00;
    tc[ly * TILE + lx + SIDE] = s01;
    tc[ly * TILE + lx + 2 * SIDE] = s02;
    tc[ly * TILE + lx + 3 * SIDE] = s03;
    tc[(ly + SIDE) * TILE + lx] = s10;
    tc[(ly + SIDE) * TILE + lx + SIDE] = s11;
    tc[(ly + SIDE) * TILE + lx + 2 * SIDE] = s12;
    tc[(ly + SIDE) * TILE + lx + 3 * SIDE] = s13;
    tc[(ly + 2 * SIDE) * TILE + lx] = s20;
    tc[(ly + 2 * SIDE) * TILE + lx + SIDE] = s21;
    tc[(ly + 2 * SIDE) * TILE + lx + 2 * SIDE] = s22;
    tc[(ly + 2 * SIDE) * TILE + lx + 3 * SIDE] = s23;
    tc[(ly + 3 * SIDE) * TILE + lx] = s30;
    tc[(ly + 3 * SIDE) * TILE + lx + SIDE] = s31;
    tc[(ly + 3 * SIDE) * TILE + lx + 2 * SIDE] = s32;
    tc[(ly + 3 * SIDE) * TILE + lx + 3 * SIDE] = s33;
    c.localBarrier();
    float scale = f.get(SCALE);
    int outAt = p.get(OUT) + batch * rows * columns;
    for (int e = id; e < TILE * TILE; e += GROUP) {
      int row = row0 + e / TILE;
      int column = column0 + e % TILE;
      if (row < rows) {
        if (column < columns) {
          float v = tc[e] * scale;
          if (p.get(BIAS) != Arguments.NONE) {
            v = v + Halves.number(m, h0, h1, h2, h3, p.get(BIAS_TYPE), p.get(BIAS) + column);
          }
          if (p.get(ACTIVATION) != Arguments.NONE) {
            v = Scalars.activation(p.get(ACTIVATION), v);
          }
          int at = outAt + row * columns + column;
          if (p.get(ACCUMULATE) != 0) {
            v = v + m.get(at);
          }
          m.set(at, v);
        }
      }
    }
  }
}
