package org.diffusionnft.kernels;

/**
 * One block of queries of one head against all keys, in blocks of keys (Dao et al., FlashAttention,
 * arXiv 2205.14135): each row has a running maximum, a running sum, and an output that is rescaled
 * when the maximum rises.
 */
final class AttentionForward {
  /** Keys per block. */
  static final int KEYS = TallRows.DEPTH;

  /** Number of rows whose scores are in the L1 cache at a time. */
  private static final int ROWS = 2 * Block.ROWS;

  private static final int SLOT_KEYS = 1;
  private static final int SLOT_VALUES = 2;
  private static final int SLOT_SCORES = 3;
  private static final int SLOT_STATE = 4;
  private static final int SLOT_QUERIES = 5;

  private static final int SLOT_ROUNDED = 6;
  private static final int SLOT_SUMS = 7;

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
   * Working memory: a packed block of keys and of values; scores and a copy of them; per row a
   * {@link SoftmaxState} and the sum of weighted values.
   */
  private record Buffers(
      long keys,
      long values,
      Block.Left scores,
      long rounded,
      SoftmaxState state,
      Block.Left sums,
      long tile) {}

  /** Computes queries {@code first} to {@code end} of head {@code bh}. */
  void run(int bh, int first, int end, Scratch scratch) {
    int rows = end - first;
    int depth = call.depth();
    int mostKeys = Math.min(KEYS, call.keys());
    long keyPanels = scratch.floats(SLOT_KEYS, Panels.floats(mostKeys, format.steps(depth)));
    long valuePanels = scratch.floats(SLOT_VALUES, Panels.floats(depth, format.steps(KEYS)));
    long scores = scratch.floats(SLOT_SCORES, ROWS * TallRows.ROW / 4);
    long rounded = scratch.floats(SLOT_ROUNDED, ROWS * TallRows.ROW / 4);
    SoftmaxState state =
        new SoftmaxState(scratch.floats(SLOT_STATE, (long) SoftmaxState.FLOATS * rows));
    state.begin(rows);
    long row = 4L * Panels.padded(depth);
    Block.Left sums = Block.Left.rows(scratch.floats(SLOT_SUMS, rows * row / 4), row);
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
              state,
              sums,
              scratch.tile());
      for (int r = 0; r < rows; r += ROWS) {
        block(bh, first, r, Math.min(ROWS, rows - r), key, keys, buffers, scratch);
      }
    }
    for (int r = 0; r < rows; r++) {
      float total = state.total(r);
      RowLoops.scale(1 / total, sums.at(r), call.query(out, bh, first + r), depth);
      float log = (float) (state.max(r) + Math.log(total));
      Lanes.set(logSumExp + 4L * ((long) bh * call.queries() + first + r), log);
    }
  }

  /**
   * Computes rows {@code row} to {@code row + rows} of the task's queries, which begin at {@code
   * first}.
   */
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
      ScoreRows.mask(scores.at(r), call.maskRow(bh, query + r, key), keys);
    }
    SoftmaxState state = buffers.state.from(row);
    Block.Left weights = format.weights(scores, rows, keys, state, buffers.rounded, tile);
    for (int r = 0; r < rows; r++) {
      float fade = state.add(r);
      if (key > 0 && fade != 1) {
        long at = buffers.sums.at(row + r);
        RowLoops.scale(fade, at, at, depth);
      }
    }
    format.multiply(
        rows,
        depth,
        keys,
        weights,
        buffers.values,
        new Block.Result(buffers.sums.at(row), buffers.sums.row(), 1, key > 0),
        tile);
  }
}
