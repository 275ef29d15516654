package org.diffusionnft.kernels;

/**
 * One block of queries of one head against all keys, in blocks of keys (Dao et al., FlashAttention,
 * arXiv 2205.14135): per row a running maximum, a running sum, and an output that is rescaled when
 * the maximum rises.
 */
final class AttentionForward {
  /** Keys of a block. */
  static final int KEYS = TallRows.DEPTH;

  /** Rows whose scores are in the nearest cache at a time. */
  private static final int ROWS = 2 * Block.ROWS;

  private static final int SLOT_KEYS = 1;
  private static final int SLOT_VALUES = 2;
  private static final int SLOT_SCORES = 3;
  private static final int SLOT_STATE = 4;
  private static final int SLOT_QUERIES = 5;

  private static final int SLOT_ROUNDED = 6;

  private final AttentionCall call;
  private final ProductFormat format;
  private final long out;
  private final long logSumExp;

  AttentionForward(AttentionCall call, ProductFormat format, long out, long logSumExp) {
    this.call = call;
    this.format = format;
    this.out = out;
    this.logSumExp = logSumExp;
  }

  /**
   * Working memory: a block of keys and of values, packed; scores, and a copy of them; per row the
   * maximum and the sum so far.
   */
  private record Buffers(
      long keys, long values, Block.Left scores, long rounded, long max, long sum, long tile) {}

  /** Queries {@code first} to {@code end} of head {@code bh}. */
  void run(int bh, int first, int end, Scratch scratch) {
    int rows = end - first;
    int depth = call.depth();
    int mostKeys = Math.min(KEYS, call.keys());
    long keyPanels = scratch.floats(SLOT_KEYS, Panels.floats(mostKeys, format.steps(depth)));
    long valuePanels = scratch.floats(SLOT_VALUES, Panels.floats(depth, format.steps(KEYS)));
    long scores = scratch.floats(SLOT_SCORES, ROWS * TallRows.ROW / 4);
    long rounded = scratch.floats(SLOT_ROUNDED, ROWS * TallRows.ROW / 4);
    long max = scratch.floats(SLOT_STATE, 2L * rows);
    long sum = max + 4L * rows;
    RowLoops.fill(max, Float.NEGATIVE_INFINITY, rows);
    RowLoops.fill(sum, 0, rows);
    for (int key = 0; key < call.keys(); key += KEYS) {
      int keys = Math.min(KEYS, call.keys() - key);
      Matrix k = call.keys(call.k(), bh, key).transpose();
      format.packAll(k, depth, keys, keyPanels, scratch.work());
      format.packAll(call.keys(call.v(), bh, key), keys, depth, valuePanels, scratch.work());
      Buffers buffers =
          new Buffers(
              keyPanels,
              valuePanels,
              Block.Left.rows(scores, TallRows.ROW),
              rounded,
              max,
              sum,
              scratch.tile());
      for (int row = 0; row < rows; row += ROWS) {
        block(bh, first, row, Math.min(ROWS, rows - row), key, keys, buffers, scratch);
      }
    }
    for (int row = 0; row < rows; row++) {
      float total = Lanes.get(sum + 4L * row);
      long at = call.query(out, bh, first + row);
      RowLoops.scale(1 / total, at, at, depth);
      float log = (float) (Lanes.get(max + 4L * row) + Math.log(total));
      Lanes.set(logSumExp + 4L * ((long) bh * call.queries() + first + row), log);
    }
  }

  /** Rows {@code row} to {@code row + rows} of the task's queries, which begin at {@code first}. */
  private void block(
      int bh, int first, int row, int rows, int key, int keys, Buffers buffers, Scratch scratch) {
    int query = first + row;
    int depth = call.depth();
    int padded = Panels.padded(keys);
    long tile = buffers.tile;
    Block.Left scores = buffers.scores;
    Matrix q = call.queries(call.q(), bh, query);
    format.multiply(
        rows,
        padded,
        depth,
        format.left(q, 0, rows, 0, depth, true, scratch, SLOT_QUERIES),
        buffers.keys,
        new Block.Result(scores.address(), scores.row(), call.scale(), false),
        tile);
    for (int r = 0; r < rows; r++) {
      long at = scores.at(r);
      long atMax = buffers.max + 4L * (row + r);
      long atSum = buffers.sum + 4L * (row + r);
      long mask = call.maskRow(bh, query + r, key);
      float before = Lanes.get(atMax);
      ScoreRows.mask(at, mask, keys);
      float now = Math.max(before, ScoreRows.max(at, keys, tile));
      // Where all keys so far are masked out, any finite shift gives weights of 0.
      float shift = now == Float.NEGATIVE_INFINITY ? 0 : now;
      float added = ScoreRows.exponentials(at, shift, keys, tile);
      if (key > 0) {
        float fade = (float) Math.exp(before - shift);
        long atOut = call.query(out, bh, query + r);
        if (fade != 1) {
          RowLoops.scale(fade, atOut, atOut, depth);
        }
        added += fade * Lanes.get(atSum);
      }
      Lanes.set(atMax, now);
      Lanes.set(atSum, added);
    }
    long to = call.query(out, bh, query);
    format.multiply(
        rows,
        depth,
        keys,
        format.scores(scores, rows, keys, buffers.rounded),
        buffers.values,
        new Block.Result(to, call.row(), 1, key > 0),
        tile);
  }
}
