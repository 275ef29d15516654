package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Device code for matrix products: the slots of all of them, and the product for few rows. {@link
 * LargeTile} and {@link MediumTile} compute the others in tiles. Half-precision operands are
 * widened as they are read.
 */
final class MatrixTasks {
  /** Rows of the result. */
  static final int ROWS = 0;

  /** Columns of the result. */
  static final int COLUMNS = 1;

  /** Length of the inner dimension. */
  static final int INNER = 2;

  static final int A = 3;
  static final int B = 4;

  /** One value per column, or {@link Arguments#NONE}. */
  static final int BIAS = 5;

  static final int OUT = 6;

  /** Strides of a along rows and along the inner dimension. */
  static final int A_ROW = 7;

  static final int A_INNER = 8;

  /** Strides of b along the inner dimension and along columns. */
  static final int B_INNER = 9;

  static final int B_COLUMN = 10;

  /** Batch strides. */
  static final int A_BATCH = 11;

  static final int B_BATCH = 12;

  /** A {@link UnaryCode}, or {@link Arguments#NONE}. */
  static final int ACTIVATION = 13;

  /** Whether the product is added to the existing result. */
  static final int ACCUMULATE = 14;

  /** How the operands are stored, see {@link Halves#type}. */
  static final int A_TYPE = 15;

  static final int B_TYPE = 16;
  static final int BIAS_TYPE = 17;
  static final int SLOTS = 18;

  /** The slot of {@code f}. */
  static final int SCALE = 0;

  /** Maximum number of rows that {@link #dnftMatmulRows} computes. */
  static final int FEW_ROWS = 8;

  /** Work-items per group of {@link #dnftMatmulRows}. */
  static final int GROUP = 64;

  private MatrixTasks() {}

  /**
   * One group per column and batch, for few rows and a b that is stored column by column, like the
   * weights of linear layers: each weight is read once, and adjacent work-items read adjacent
   * elements.
   */
  static void dnftMatmulRows(
      KernelContext c,
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p,
      int call) {
    float[] shared = c.allocateFloatLocalArray(FEW_ROWS * GROUP);
    int id = c.localIdx;
    int rows = p.get(call + ROWS);
    int columns = p.get(call + COLUMNS);
    int inner = p.get(call + INNER);
    int column = c.groupIdx % columns;
    int batch = c.groupIdx / columns;
    int aAt = p.get(call + A) + batch * p.get(call + A_BATCH);
    int bAt = p.get(call + B) + batch * p.get(call + B_BATCH) + column * p.get(call + B_COLUMN);
    int aRow = p.get(call + A_ROW);
    int aInner = p.get(call + A_INNER);
    int aType = p.get(call + A_TYPE);
    int bType = p.get(call + B_TYPE);
    float s0 = 0f;
    float s1 = 0f;
    float s2 = 0f;
    float s3 = 0f;
    float s4 = 0f;
    float s5 = 0f;
    float s6 = 0f;
    float s7 = 0f;
    for (int k = id; k < inner; k += GROUP) {
      float b = Halves.number(m, h0, h1, h2, h3, bType, bAt + k);
      int at = aAt + k * aInner;
      s0 += b * Halves.number(m, h0, h1, h2, h3, aType, at);
      if (rows > 1) {
        s1 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 1 * aRow);
      }
      if (rows > 2) {
        s2 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 2 * aRow);
      }
      if (rows > 3) {
        s3 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 3 * aRow);
      }
      if (rows > 4) {
        s4 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 4 * aRow);
      }
      if (rows > 5) {
        s5 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 5 * aRow);
      }
      if (rows > 6) {
        s6 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 6 * aRow);
      }
      if (rows > 7) {
        s7 += b * Halves.number(m, h0, h1, h2, h3, aType, at + 7 * aRow);
      }
    }
    shared[id] = s0;
    shared[GROUP + id] = s1;
    shared[2 * GROUP + id] = s2;
    shared[3 * GROUP + id] = s3;
    shared[4 * GROUP + id] = s4;
    shared[5 * GROUP + id] = s5;
    shared[6 * GROUP + id] = s6;
    shared[7 * GROUP + id] = s7;
    c.localBarrier();
    for (int half = GROUP / 2; half > 0; half >>= 1) {
      if (id < half) {
        for (int row = 0; row < rows; row++) {
          int at = row * GROUP + id;
          shared[at] = shared[at] + shared[at + half];
        }
      }
      c.localBarrier();
    }
    if (id < rows) {
      int at = p.get(call + OUT) + (batch * rows + id) * columns + column;
      store(
          m,
          h0,
          h1,
          h2,
          h3,
          p,
          call,
          shared[id * GROUP] * Scalars.argument(m, p, call, SCALE),
          column,
          at);
    }
  }

  /** Stores an element of a result, with its bias and activation. */
  static void store(
      FloatArray m,
      ShortArray h0,
      ShortArray h1,
      ShortArray h2,
      ShortArray h3,
      IntArray p,
      int call,
      float product,
      int column,
      int at) {
    float v = product;
    if (p.get(call + BIAS) != Arguments.NONE) {
      v =
          v
              + Halves.number(
                  m, h0, h1, h2, h3, p.get(call + BIAS_TYPE), p.get(call + BIAS) + column);
    }
    if (p.get(call + ACTIVATION) != Arguments.NONE) {
      v = Scalars.activation(p.get(call + ACTIVATION), v);
    }
    if (p.get(call + ACCUMULATE) != 0) {
      v = v + m.get(at);
    }
    m.set(at, v);
  }
}
