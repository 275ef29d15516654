package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Device code of matrix products. A work-group of 8 x 8 computes a tile of 32 x 32: operands go
 * through local memory in slices of 16 of the inner dimension, and each work-item keeps 4 x 4 sums
 * in registers, 8 apart so that neighbours read and write neighbours. Each slice is summed by
 * itself first, which rounds less than one long sum.
 *
 * <p>{@code p}: 0 rows, 1 columns, 2 inner, 3 a, 4 b, 5 bias or -1, 6 out, 7 and 8 steps of a along
 * rows and inner, 9 and 10 steps of b along inner and columns, 11 and 12 steps of a and b from
 * batch to batch, 13 activation or -1, 14 whether to accumulate, 15 to 17 types of a, b and bias;
 * {@code f}: scale.
 */
final class MatrixTasks {
  /** Rows and columns of a tile. */
  static final int TILE = 32;

  /** Work-items along each side of a tile. */
  static final int SIDE = 8;

  private MatrixTasks() {}

  /** All operands F32. */
  static void dnftMatmul(KernelContext c, FloatArray m, IntArray p, FloatArray f) {
    float[] ta = c.allocateFloatLocalArray(512);
    float[] tb = c.allocateFloatLocalArray(512);
    float[] tc = c.allocateFloatLocalArray(1024);
    int lx = c.localIdx;
    int ly = c.localIdy;
    int id = ly * 8 + lx;
    int rows = p.get(0);
    int columns = p.get(1);
    int inner = p.get(2);
    int row0 = c.groupIdy * 32;
    int column0 = c.groupIdx * 32;
    int batch = c.groupIdz;
    int aAt = p.get(3) + batch * p.get(11);
    int bAt = p.get(4) + batch * p.get(12);
    int aRow = p.get(7);
    int aInner = p.get(8);
    int bInner = p.get(9);
    int bColumn = p.get(10);
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
    for (int k0 = 0; k0 < inner; k0 += 16) {
      for (int e = id; e < 512; e += 64) {
        // Neighbours read neighbouring numbers, whichever way the operand is stored.
        int k = e % 16;
        int r = e / 16;
        if (aInner != 1) {
          k = e / 32;
          r = e % 32;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (row0 + r < rows) {
            v = m.get(aAt + (row0 + r) * aRow + (k0 + k) * aInner);
          }
        }
        ta[k * 32 + r] = v;
      }
      for (int e = id; e < 512; e += 64) {
        int k = e / 32;
        int r = e % 32;
        if (bInner == 1) {
          k = e % 16;
          r = e / 16;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (column0 + r < columns) {
            v = m.get(bAt + (k0 + k) * bInner + (column0 + r) * bColumn);
          }
        }
        tb[k * 32 + r] = v;
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
      for (int k = 0; k < 16; k++) {
        float a0 = ta[k * 32 + ly];
        float a1 = ta[k * 32 + ly + 8];
        float a2 = ta[k * 32 + ly + 16];
        float a3 = ta[k * 32 + ly + 24];
        float b0 = tb[k * 32 + lx];
        float b1 = tb[k * 32 + lx + 8];
        float b2 = tb[k * 32 + lx + 16];
        float b3 = tb[k * 32 + lx + 24];
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
    tc[ly * 32 + lx] = s00;
    tc[ly * 32 + lx + 8] = s01;
    tc[ly * 32 + lx + 16] = s02;
    tc[ly * 32 + lx + 24] = s03;
    tc[(ly + 8) * 32 + lx] = s10;
    tc[(ly + 8) * 32 + lx + 8] = s11;
    tc[(ly + 8) * 32 + lx + 16] = s12;
    tc[(ly + 8) * 32 + lx + 24] = s13;
    tc[(ly + 16) * 32 + lx] = s20;
    tc[(ly + 16) * 32 + lx + 8] = s21;
    tc[(ly + 16) * 32 + lx + 16] = s22;
    tc[(ly + 16) * 32 + lx + 24] = s23;
    tc[(ly + 24) * 32 + lx] = s30;
    tc[(ly + 24) * 32 + lx + 8] = s31;
    tc[(ly + 24) * 32 + lx + 16] = s32;
    tc[(ly + 24) * 32 + lx + 24] = s33;
    c.localBarrier();
    float scale = f.get(0);
    int outAt = p.get(6) + batch * rows * columns;
    for (int e = id; e < 1024; e += 64) {
      int row = row0 + e / 32;
      int column = column0 + e % 32;
      if (row < rows) {
        if (column < columns) {
          float v = tc[e] * scale;
          if (p.get(5) >= 0) {
            v = v + m.get(p.get(5) + column);
          }
          if (p.get(13) >= 0) {
            v = Scalars.activation(p.get(13), v);
          }
          int at = outAt + row * columns + column;
          if (p.get(14) != 0) {
            v = v + m.get(at);
          }
          m.set(at, v);
        }
      }
    }
  }

  /** Operands of half precision are widened on their way into local memory. */
  static void dnftMatmulHalf(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p,
      FloatArray f) {
    float[] ta = c.allocateFloatLocalArray(512);
    float[] tb = c.allocateFloatLocalArray(512);
    float[] tc = c.allocateFloatLocalArray(1024);
    int lx = c.localIdx;
    int ly = c.localIdy;
    int id = ly * 8 + lx;
    int rows = p.get(0);
    int columns = p.get(1);
    int inner = p.get(2);
    int row0 = c.groupIdy * 32;
    int column0 = c.groupIdx * 32;
    int batch = c.groupIdz;
    int aAt = p.get(3) + batch * p.get(11);
    int bAt = p.get(4) + batch * p.get(12);
    int aRow = p.get(7);
    int aInner = p.get(8);
    int bInner = p.get(9);
    int bColumn = p.get(10);
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
    for (int k0 = 0; k0 < inner; k0 += 16) {
      for (int e = id; e < 512; e += 64) {
        // Neighbours read neighbouring numbers, whichever way the operand is stored.
        int k = e % 16;
        int r = e / 16;
        if (aInner != 1) {
          k = e / 32;
          r = e % 32;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (row0 + r < rows) {
            v = element(m, h0, h1, h2, h3, p.get(15), aAt + (row0 + r) * aRow + (k0 + k) * aInner);
          }
        }
        ta[k * 32 + r] = v;
      }
      for (int e = id; e < 512; e += 64) {
        int k = e / 32;
        int r = e % 32;
        if (bInner == 1) {
          k = e % 16;
          r = e / 16;
        }
        float v = 0f;
        if (k0 + k < inner) {
          if (column0 + r < columns) {
            v =
                element(
                    m,
                    h0,
                    h1,
                    h2,
                    h3,
                    p.get(16),
                    bAt + (k0 + k) * bInner + (column0 + r) * bColumn);
          }
        }
        tb[k * 32 + r] = v;
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
      for (int k = 0; k < 16; k++) {
        float a0 = ta[k * 32 + ly];
        float a1 = ta[k * 32 + ly + 8];
        float a2 = ta[k * 32 + ly + 16];
        float a3 = ta[k * 32 + ly + 24];
        float b0 = tb[k * 32 + lx];
        float b1 = tb[k * 32 + lx + 8];
        float b2 = tb[k * 32 + lx + 16];
        float b3 = tb[k * 32 + lx + 24];
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
    tc[ly * 32 + lx] = s00;
    tc[ly * 32 + lx + 8] = s01;
    tc[ly * 32 + lx + 16] = s02;
    tc[ly * 32 + lx + 24] = s03;
    tc[(ly + 8) * 32 + lx] = s10;
    tc[(ly + 8) * 32 + lx + 8] = s11;
    tc[(ly + 8) * 32 + lx + 16] = s12;
    tc[(ly + 8) * 32 + lx + 24] = s13;
    tc[(ly + 16) * 32 + lx] = s20;
    tc[(ly + 16) * 32 + lx + 8] = s21;
    tc[(ly + 16) * 32 + lx + 16] = s22;
    tc[(ly + 16) * 32 + lx + 24] = s23;
    tc[(ly + 24) * 32 + lx] = s30;
    tc[(ly + 24) * 32 + lx + 8] = s31;
    tc[(ly + 24) * 32 + lx + 16] = s32;
    tc[(ly + 24) * 32 + lx + 24] = s33;
    c.localBarrier();
    float scale = f.get(0);
    int outAt = p.get(6) + batch * rows * columns;
    for (int e = id; e < 1024; e += 64) {
      int row = row0 + e / 32;
      int column = column0 + e % 32;
      if (row < rows) {
        if (column < columns) {
          float v = tc[e] * scale;
          if (p.get(5) >= 0) {
            v = v + element(m, h0, h1, h2, h3, p.get(17), p.get(5) + column);
          }
          if (p.get(13) >= 0) {
            v = Scalars.activation(p.get(13), v);
          }
          int at = outAt + row * columns + column;
          if (p.get(14) != 0) {
            v = v + m.get(at);
          }
          m.set(at, v);
        }
      }
    }
  }

  private static float element(
      FloatArray m, ShortArray h0, ShortArray h1, ShortArray h2, ShortArray h3, int type, int at) {
    float v = 0f;
    if (type == 0) {
      v = m.get(at);
    }
    if (type != 0) {
      v = Halves.at(m, h0, h1, h2, h3, type, at);
    }
    return v;
  }
}
