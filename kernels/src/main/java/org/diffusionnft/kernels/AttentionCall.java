package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What forward and backward attention share: the layout of each head's rows.
 *
 * @param batches B
 * @param heads H
 * @param queries S
 * @param keys T
 * @param depth D
 * @param dtype of q, k and v
 * @param width elements between the rows of one head, {@code H * D}
 * @param mask address, or 0 for none
 */
record AttentionCall(
    int batches,
    int heads,
    int queries,
    int keys,
    int depth,
    DType dtype,
    long width,
    long q,
    long k,
    long v,
    long mask,
    long maskBatch,
    long maskHead,
    float scale) {

  static AttentionCall of(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, int heads, double scale) {
    int width = q.shape().intDim(2);
    long plane = 4 * q.dim(1) * k.dim(1);
    return new AttentionCall(
        q.shape().intDim(0),
        heads,
        q.shape().intDim(1),
        k.shape().intDim(1),
        width / heads,
        q.dtype(),
        width,
        address(q),
        address(k),
        address(v),
        mask == null ? 0 : address(mask),
        mask == null || mask.dim(0) == 1 ? 0 : plane * mask.dim(1),
        mask == null || mask.dim(1) == 1 ? 0 : plane,
        (float) scale);
  }

  /** Minimum number of batches for which a task may be a whole batch. */
  private static final int MANY_BATCHES = 32;

  /**
   * Maximum bytes of one batch's queries, keys and values, so that they fit into the L2 cache with
   * room to spare.
   */
  private static final long NEAR = 256 << 10;

  /** Whether a task should be all heads of a batch. */
  boolean wholeBatches() {
    return batches >= MANY_BATCHES && (queries + 2L * keys) * rowIn() <= NEAR;
  }

  /**
   * Fetches a batch's queries, keys and values in memory order. A head's rows are short and far
   * apart, so the hardware doesn't prefetch them by itself.
   */
  void touch(int batch, Scratch scratch) {
    long row = rowIn();
    float sum = Rows.touch(q + row * batch * queries, row * queries);
    sum += Rows.touch(k + row * batch * keys, row * keys);
    sum += Rows.touch(v + row * batch * keys, row * keys);
    Lanes.set(scratch.tile(), sum);
  }

  private long rowIn() {
    return dtype.bytes() * width;
  }

  /** Row stride of one head in results, which are F32, in bytes. */
  long row() {
    return 4 * width;
  }

  int tasks() {
    return batches * heads;
  }

  /**
   * Address of a head's row of a query-shaped F32 tensor; {@code bh} counts heads within batches.
   */
  long query(long base, int bh, int row) {
    return base + 4 * element(bh, queries, row);
  }

  /** Address of a head's row of a key-shaped F32 tensor. */
  long key(long base, int bh, int row) {
    return base + 4 * element(bh, keys, row);
  }

  private long element(int bh, int rows, int row) {
    return ((long) (bh / heads) * rows + row) * width + (long) (bh % heads) * depth;
  }

  /**
   * A head's queries, or their gradients, from {@code row} on: {@code [.., D]} of the operands'
   * type.
   */
  Matrix queries(long base, int bh, int row) {
    return new Matrix(base + dtype.bytes() * element(bh, queries, row), dtype, false, width);
  }

  /** A head's keys or values from {@code row} on: {@code [.., D]} of the operands' type. */
  Matrix keys(long base, int bh, int row) {
    return new Matrix(base + dtype.bytes() * element(bh, keys, row), dtype, false, width);
  }

  /** Address of the mask's entry for a query and key; 0 if there is no mask. */
  long maskRow(int bh, int query, int key) {
    return mask == 0
        ? 0
        : mask + bh / heads * maskBatch + bh % heads * maskHead + 4 * ((long) query * keys + key);
  }

  /** Multiply-adds of one product over all scores. */
  long work() {
    return (long) tasks() * queries * keys * depth;
  }
}
