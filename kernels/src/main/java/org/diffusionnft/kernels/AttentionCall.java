package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

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
 * @param row bytes between the rows of one head, {@code 4 * H * D}
 * @param mask address, or 0 for none
 */
record AttentionCall(
    int batches,
    int heads,
    int queries,
    int keys,
    int depth,
    long row,
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
        4L * width,
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
    return batches >= MANY_BATCHES && (queries + 2L * keys) * row <= NEAR;
  }

  /**
   * Fetches a batch's queries, keys and values in the order of memory. A head's rows are short
   * pieces far apart, which the processor doesn't fetch ahead by itself.
   */
  void touch(int batch, Scratch scratch) {
    float sum = Rows.touch(q + (long) batch * queries * row, queries * row);
    sum += Rows.touch(k + (long) batch * keys * row, keys * row);
    sum += Rows.touch(v + (long) batch * keys * row, keys * row);
    Lanes.set(scratch.tile(), sum);
  }

  /**
   * Copies rows of a head to where tall tiles read them, if they fit there.
   *
   * @param to memory for rows {@link TallRows#ROW} bytes apart
   * @return where they are now, {@link #gatheredRow} bytes apart
   */
  long gather(long from, int rows, long to) {
    if (!gathers()) {
      return from;
    }
    Rows.gather(from, row, rows, depth, to, TallRows.ROW);
    return to;
  }

  long gatheredRow() {
    return gathers() ? TallRows.ROW : row;
  }

  private boolean gathers() {
    return depth <= TallRows.DEPTH;
  }

  int tasks() {
    return batches * heads;
  }

  /** Where a head's row of a query-shaped tensor begins; {@code bh} counts heads within batches. */
  long query(long base, int bh, int row) {
    return base + ((long) (bh / heads) * queries + row) * this.row + 4L * (bh % heads) * depth;
  }

  /** Where a head's row of a key-shaped tensor begins. */
  long key(long base, int bh, int row) {
    return base + ((long) (bh / heads) * keys + row) * this.row + 4L * (bh % heads) * depth;
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
