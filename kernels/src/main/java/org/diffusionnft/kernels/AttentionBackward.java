package org.diffusionnft.kernels;

/**
 * Gradients of one head: scores are recomputed block by block from queries, keys and their {@code
 * logSumExp}. With P the probabilities and G the gradient of the scores: {@code gradV = Pᵀ
 * gradOut}, {@code gradQ = G K}, {@code gradK = Gᵀ Q}, where {@code G = P (gradOut Vᵀ -
 * out·gradOut) scale}.
 */
final class AttentionBackward {
  /** Queries of a block: some tall tiles. */
  static final int QUERIES = (64 + Block.ROWS - 1) / Block.ROWS * Block.ROWS;

  /** Keys of a block. */
  static final int KEYS = TallRows.DEPTH;

  private static final int SLOT_KEYS = 1;
  private static final int SLOT_QUERIES = 2;
  private static final int SLOT_SCORES = 3;
  private static final int SLOT_ROWS = 4;

  private final AttentionCall call;
  private final long out;
  private final long logSumExp;
  private final long gradOut;
  private final long gradQ;
  private final long gradK;
  private final long gradV;

  AttentionBackward(
      AttentionCall call,
      long out,
      long logSumExp,
      long gradOut,
      long gradQ,
      long gradK,
      long gradV) {
    this.call = call;
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
   * The gradients that {@code wanted} names, from these queries and keys of head {@code bh}. The
   * gradient of a query needs all keys, those of a key all queries.
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
    long elements = call.row() / 4;
    long deepPanels = Panels.floats(depth, KEYS);
    long widePanels = Panels.floats(KEYS, depth);
    long keyBase = scratch.floats(SLOT_KEYS, 2 * widePanels + deepPanels);
    long queryBase = scratch.floats(SLOT_QUERIES, 2 * Panels.floats(depth, QUERIES));
    Buffers buffers =
        new Buffers(
            scratch.tile(),
            scratch.work(),
            keyBase,
            keyBase + 4 * widePanels,
            keyBase + 8 * widePanels,
            queryBase,
            queryBase + 4 * Panels.floats(depth, QUERIES),
            scratch.floats(SLOT_SCORES, 2L * QUERIES * TallRows.ROW / 4),
            scratch.floats(SLOT_ROWS, QUERIES * TallRows.ROW / 4));
    for (int key = firstKey; key < endKey; key += KEYS) {
      int keys = Math.min(KEYS, endKey - key);
      Matrix k = Matrix.floats(call.key(call.k(), bh, key), elements);
      Matrix v = Matrix.floats(call.key(call.v(), bh, key), elements);
      Panels.packAll(k.transpose(), depth, keys, buffers.keysAcross, buffers.work);
      Panels.packAll(v.transpose(), depth, keys, buffers.valuesAcross, buffers.work);
      if (wanted != Wanted.KEYS_AND_VALUES) {
        Panels.packAll(k, keys, depth, buffers.keysDown, buffers.work);
      }
      for (int query = firstQuery; query < endQuery; query += QUERIES) {
        int queries = Math.min(QUERIES, endQuery - query);
        block(wanted, bh, query, queries, key, keys, query > firstQuery, key > firstKey, buffers);
      }
    }
  }

  /** Working memory: packed keys and values, packed queries and gradients, scores, copied rows. */
  private record Buffers(
      long tile,
      long work,
      long keysAcross,
      long valuesAcross,
      long keysDown,
      long queriesDown,
      long gradsDown,
      long scores,
      long rows) {}

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
    long atQ = call.query(call.q(), bh, query);
    long atGrad = call.query(gradOut, bh, query);
    Block.multiply(
        queries,
        padded,
        depth,
        gathered(atQ, queries, buffers),
        Block.Right.panels(buffers.keysAcross, depth),
        new Block.Result(p.address(), row, call.scale(), false),
        buffers.tile);
    Block.multiply(
        queries,
        padded,
        depth,
        gathered(atGrad, queries, buffers),
        Block.Right.panels(buffers.valuesAcross, depth),
        new Block.Result(g.address(), row, 1, false),
        buffers.tile);
    for (int r = 0; r < queries; r++) {
      long mask = call.maskRow(bh, query + r, key);
      float log = Lanes.get(logSumExp + 4L * ((long) bh * call.queries() + query + r));
      ScoreRows.mask(p.at(r), mask, keys);
      ScoreRows.exponentials(p.at(r), log, keys, buffers.tile);
      float delta =
          NormRows.dot(
              call.query(out, bh, query + r),
              call.query(gradOut, bh, query + r),
              depth,
              buffers.tile);
      ScoreRows.scoreGradient(p.at(r), g.at(r), delta, call.scale(), keys);
    }
    if (wanted != Wanted.KEYS_AND_VALUES) {
      Block.multiply(
          queries,
          depth,
          keys,
          g,
          Block.Right.panels(buffers.keysDown, keys),
          new Block.Result(call.query(gradQ, bh, query), call.row(), 1, addQueries),
          buffers.tile);
    }
    if (wanted != Wanted.QUERIES) {
      long elements = call.row() / 4;
      Matrix q = Matrix.floats(atQ, elements);
      Matrix grad = Matrix.floats(atGrad, elements);
      Panels.packAll(q, queries, depth, buffers.queriesDown, buffers.work);
      Panels.packAll(grad, queries, depth, buffers.gradsDown, buffers.work);
      Block.multiply(
          keys,
          depth,
          queries,
          g.transpose(),
          Block.Right.panels(buffers.queriesDown, queries),
          new Block.Result(call.key(gradK, bh, key), call.row(), 1, addKeys),
          buffers.tile);
      Block.multiply(
          keys,
          depth,
          queries,
          p.transpose(),
          Block.Right.panels(buffers.gradsDown, queries),
          new Block.Result(call.key(gradV, bh, key), call.row(), 1, addKeys),
          buffers.tile);
    }
  }

  /** Rows of a head, copied to where tall tiles read them if they fit there. */
  private Block.Left gathered(long from, int rows, Buffers buffers) {
    return Block.Left.rows(call.gather(from, rows, buffers.rows), call.gatheredRow());
  }
}
