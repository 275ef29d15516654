package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;

/**
 * Gradients of one head: scores are recomputed block by block from queries, keys and their {@code
 * logSumExp}. With P the probabilities and G the gradient of the scores: {@code gradV = Pᵀ
 * gradOut}, {@code gradQ = G K}, {@code gradK = Gᵀ Q}, where {@code G = P (gradOut Vᵀ -
 * out·gradOut) scale}.
 */
final class AttentionBackward {
  /** Queries per block: a whole number of tall tiles. */
  static final int QUERIES = (64 + Block.ROWS - 1) / Block.ROWS * Block.ROWS;

  /** Keys per block. */
  static final int KEYS = TallRows.DEPTH;

  private static final int SLOT_KEYS = 1;
  private static final int SLOT_QUERIES = 2;
  private static final int SLOT_SCORES = 3;
  private static final int SLOT_ROWS = 4;

  private static final int SLOT_ROUNDED = 5;
  private static final int SLOT_GRADS = 6;

  private final AttentionCall call;
  private final ProductFormat format;
  private final long out;
  private final long logSumExp;
  private final long gradOut;
  private final long gradQ;
  private final long gradK;
  private final long gradV;

  AttentionBackward(
      AttentionCall call,
      ProductFormat format,
      long out,
      long logSumExp,
      long gradOut,
      long gradQ,
      long gradK,
      long gradV) {
    this.call = call;
    this.format = format;
    this.out = out;
    this.logSumExp = logSumExp;
    this.gradOut = gradOut;
    this.gradQ = gradQ;
    this.gradK = gradK;
    this.gradV = gradV;
  }

  /** Which gradients a pass computes. */
  enum Wanted {
    ALL,
    QUERIES,
    KEYS_AND_VALUES
  }

  /**
   * Computes the gradients named by {@code wanted}, from these queries and keys of head {@code bh}.
   * A query's gradient needs all keys, and a key's gradients all queries.
   */
  void run(
      Wanted wanted,
      int bh,
      int firstQuery,
      int endQuery,
      int firstKey,
      int endKey,
      Scratch scratch) {
    int depth = call.depth();
    long deepPanels = Panels.floats(depth, format.steps(KEYS));
    long widePanels = Panels.floats(KEYS, format.steps(depth));
    long queryPanels = Panels.floats(depth, format.steps(QUERIES));
    long keyBase = scratch.floats(SLOT_KEYS, 2 * widePanels + deepPanels);
    long queryBase = scratch.floats(SLOT_QUERIES, 2 * queryPanels);
    Buffers buffers =
        new Buffers(
            scratch.tile(),
            scratch.work(),
            keyBase,
            keyBase + 4 * widePanels,
            keyBase + 8 * widePanels,
            queryBase,
            queryBase + 4 * queryPanels,
            scratch.floats(SLOT_SCORES, 2L * QUERIES * TallRows.ROW / 4),
            scratch.floats(SLOT_ROUNDED, QUERIES * TallRows.ROW / 4),
            scratch);
    for (int key = firstKey; key < endKey; key += KEYS) {
      int keys = Math.min(KEYS, endKey - key);
      Matrix k = call.keys(call.k(), bh, key);
      Matrix v = call.keys(call.v(), bh, key);
      format.packAll(k.transpose(), depth, keys, buffers.keysAcross, buffers.work);
      format.packAll(v.transpose(), depth, keys, buffers.valuesAcross, buffers.work);
      if (wanted != Wanted.KEYS_AND_VALUES) {
        format.packAll(k, keys, depth, buffers.keysDown, buffers.work);
      }
      for (int query = firstQuery; query < endQuery; query += QUERIES) {
        int queries = Math.min(QUERIES, endQuery - query);
        block(wanted, bh, query, queries, key, keys, query > firstQuery, key > firstKey, buffers);
      }
    }
  }

  /**
   * Working memory: packed keys and values, packed queries and gradients, scores, and a copy of the
   * scores.
   */
  private record Buffers(
      long tile,
      long work,
      long keysAcross,
      long valuesAcross,
      long keysDown,
      long queriesDown,
      long gradsDown,
      long scores,
      long rounded,
      Scratch scratch) {}

  private void block(
      Wanted wanted,
      int bh,
      int query,
      int queries,
      int key,
      int keys,
      boolean addKeys,
      boolean addQueries,
      Buffers buffers) {
    int depth = call.depth();
    int padded = Panels.padded(keys);
    long row = TallRows.ROW;
    Block.Left p = Block.Left.rows(buffers.scores, row);
    Block.Left g = Block.Left.rows(buffers.scores + row * queries, row);
    Matrix q = call.queries(call.q(), bh, query);
    Matrix grad = call.queries(gradOut, bh, query);
    format.multiply(
        queries,
        padded,
        depth,
        format.left(q, 0, queries, 0, depth, true, buffers.scratch, SLOT_ROWS),
        buffers.keysAcross,
        new Block.Result(p.address(), row, call.scale(), false),
        buffers.tile);
    format.multiply(
        queries,
        padded,
        depth,
        format.left(grad, 0, queries, 0, depth, true, buffers.scratch, SLOT_ROWS),
        buffers.valuesAcross,
        new Block.Result(g.address(), row, 1, false),
        buffers.tile);
    for (int r = 0; r < queries; r++) {
      long mask = call.maskRow(bh, query + r, key);
      float log = Lanes.get(logSumExp + 4L * ((long) bh * call.queries() + query + r));
      ScoreRows.mask(p.at(r), mask, keys);
      ScoreRows.exponentials(p.at(r), log, keys, buffers.tile);
      long gradRow = floats(grad, r, depth, buffers.scratch);
      NormRows.dot(call.query(out, bh, query + r), gradRow, depth, buffers.tile);
      float delta = Lanes.sumAt(buffers.tile);
      ScoreRows.scoreGradient(p.at(r), g.at(r), delta, call.scale(), keys);
    }
    if (wanted != Wanted.KEYS_AND_VALUES) {
      format.multiply(
          queries,
          depth,
          keys,
          format.scores(g, queries, keys, buffers.rounded),
          buffers.keysDown,
          new Block.Result(call.query(gradQ, bh, query), call.row(), 1, addQueries),
          buffers.tile);
    }
    if (wanted != Wanted.QUERIES) {
      format.packAll(q, queries, depth, buffers.queriesDown, buffers.work);
      format.packAll(grad, queries, depth, buffers.gradsDown, buffers.work);
      format.multiply(
          keys,
          depth,
          queries,
          format.scoresAcross(g, queries, keys, buffers.rounded),
          buffers.queriesDown,
          new Block.Result(call.key(gradK, bh, key), call.row(), 1, addKeys),
          buffers.tile);
      format.multiply(
          keys,
          depth,
          queries,
          format.scoresAcross(p, queries, keys, buffers.rounded),
          buffers.gradsDown,
          new Block.Result(call.key(gradV, bh, key), call.row(), 1, addKeys),
          buffers.tile);
    }
  }

  /** A row as floats: in place, or widened. */
  private static long floats(Matrix rows, int r, int depth, Scratch scratch) {
    long at = rows.address() + r * rows.rowBytes();
    if (rows.dtype() == DType.F32) {
      return at;
    }
    long to = scratch.floats(SLOT_GRADS, depth);
    Lanes.widen(rows.dtype(), at, to, depth);
    return to;
  }
}
