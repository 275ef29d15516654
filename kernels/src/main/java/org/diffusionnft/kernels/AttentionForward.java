package org.diffusionnft.kernels;

import org.diffusionnft.tensor.DType;

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

  private final AttentionCall call;
  private final long out;
  private final long logSumExp;

  AttentionForward(AttentionCall call, long out, long logSumExp) {
    this.call = call;
    this.out = out;
    this.logSumExp = logSumExp;
  }

  /** Queries {@code first} to {@code end} of head {@code bh}. */
  void run(int bh, int first, int end, Scratch scratch) {
    int rows = end - first;
    int depth = call.depth();
    long tile = scratch.tile();
    long keyPanels = scratch.floats(SLOT_KEYS, Panels.floats(Math.min(KEYS, call.keys()), depth));
    long values = scratch.floats(SLOT_VALUES, Panels.floats(depth, KEYS));
    long scores = scratch.floats(SLOT_SCORES, ROWS * TallRows.ROW / 4);
    long queries = scratch.floats(SLOT_QUERIES, ROWS * TallRows.ROW / 4);
    long max = scratch.floats(SLOT_STATE, 2L * rows);
    long sum = max + 4L * rows;
    RowLoops.fill(max, Float.NEGATIVE_INFINITY, rows);
    RowLoops.fill(sum, 0, rows);
    long elements = call.row() / 4;
    for (int key = 0; key < call.keys(); key += KEYS) {
      int keys = Math.min(KEYS, call.keys() - key);
      Panels.packAll(
          DType.F32,
          true,
          call.key(call.k(), bh, key),
          elements,
          depth,
          keys,
          keyPanels,
          scratch.work());
      Panels.packAll(
          DType.F32,
          false,
          call.key(call.v(), bh, key),
          elements,
          keys,
          depth,
          values,
          scratch.work());
      for (int row = 0; row < rows; row += ROWS) {
        int count = Math.min(ROWS, rows - row);
        block(
            bh,
            first + row,
            count,
            key,
            keys,
            keyPanels,
            values,
            queries,
            scores,
            tile,
            max + 4L * row,
            sum + 4L * row);
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

  private void block(
      int bh,
      int query,
      int rows,
      int key,
      int keys,
      long keyPanels,
      long values,
      long queries,
      long scores,
      long tile,
      long max,
      long sum) {
    int depth = call.depth();
    int padded = Panels.padded(keys);
    long rowScores = TallRows.ROW;
    Block.multiply(
        rows,
        padded,
        depth,
        call.gather(call.query(call.q(), bh, query), rows, queries),
        call.gatheredRow(),
        4,
        keyPanels,
        4L * Panels.WIDTH * depth,
        scores,
        rowScores,
        call.scale(),
        false,
        tile);
    for (int r = 0; r < rows; r++) {
      long at = scores + r * rowScores;
      long mask = call.maskRow(bh, query + r, key);
      float before = Lanes.get(max + 4L * r);
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
        added += fade * Lanes.get(sum + 4L * r);
      }
      Lanes.set(max + 4L * r, now);
      Lanes.set(sum + 4L * r, added);
    }
    Block.multiply(
        rows,
        depth,
        keys,
        scores,
        rowScores,
        4,
        values,
        4L * Panels.WIDTH * keys,
        call.query(out, bh, query),
        call.row(),
        1,
        key > 0,
        tile);
  }
}
