package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What forward and backward attention have in common: where each head's rows lie.
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

  /** Number of batches from which a task may be a whole batch. */
  private static final int MANY_BATCHES = 32;

  /**
   * Bytes of one batch's queries, keys and values that fit into the second cache with room to
   * spare.
   */
  private static final long NEAR = 256 << 10;

  /** Whether a task should be all heads of a batch. */
  boolean wholeBatches() {
    return batches >= MANY_BATCHES && (queries + 2L * keys) * rowIn() <= NEAR;
  }

  /**
   * Fetches a batch's queries, keys and values in the order of memory. A head's rows are short
   * pieces far apart, which the processor doesn't fetch ahead by itself.
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

  /** Bytes between the rows of one head in results, which are F32. */
  long row() {
    return 4 * width;
  }

  int tasks() {
    return batches * heads;
  }

  /**
   * Where a head's row of a query-shaped F32 tensor begins; {@code bh} counts heads within batches.
   */
  long query(long base, int bh, int row) {
    return base + 4 * element(bh, queries, row);
  }

  /** Where a head's row of a key-shaped F32 tensor begins. */
  long key(long base, int bh, int row) {
    return base + 4 * element(bh, keys, row);
  }

  private long element(int bh, int rows, int row) {
    return ((long) (bh / heads) * rows + row) * width + (long) (bh % heads) * depth;
  }

  /** A head's queries from one on, or their gradients, {@code [.., D]} of the operands' type. */
  Matrix queries(long base, int bh, int row) {
    return new Matrix(base + dtype.bytes() * element(bh, queries, row), dtype, false, width);
  }

  /** A head's keys or values from one on, {@code [.., D]} of the operands' type. */
  Matrix keys(long base, int bh, int row) {
    return new Matrix(base + dtype.bytes() * element(bh, keys, row), dtype, false, width);
  }

  /** Where the mask's row for a query begins at a key; 0 for no mask. */
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
