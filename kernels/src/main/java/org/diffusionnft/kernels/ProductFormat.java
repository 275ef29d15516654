package org.diffusionnft.kernels;

import org.diffusionnft.kernels.Block.Left;

/**
 * How a kind of micro-kernel wants the operands of a product: what it reads in one step of k, how
 * the left matrix lies, and how the right one is packed into {@link Panels}. A step takes four
 * bytes in either.
 */
interface ProductFormat {
  /** Most elements of k for which a panel of B stays in the nearest cache. */
  int depth();

  /** Most rows of A that are worked on at a time: they share the second cache with B. */
  int rows();

  /**
   * Most columns of a task that packs B itself: with {@link #depth} rows they share the second
   * cache.
   */
  int columns();

  /** Steps for a number of elements of k. */
  int steps(int k);

  /**
   * Packs one panel.
   *
   * @param b {@code [K, N]}
   * @param fromK first row to pack, {@code k} of them
   * @param column first column of the panel
   * @param columns columns of the matrix in it, 1 to {@link Panels#WIDTH}
   * @param work {@link Transposition#WORK_FLOATS} of working memory
   */
  void pack(Matrix b, int fromK, int k, int column, int columns, long to, long work);

  /** Packs all panels of {@code b}, {@code [k, n]}. */
  default void packAll(Matrix b, int k, int n, long to, long work) {
    for (int panel = 0; panel < Panels.count(n); panel++) {
      int column = panel * Panels.WIDTH;
      int columns = Math.min(Panels.WIDTH, n - column);
      pack(b, 0, k, column, columns, to + 4L * column * steps(k), work);
    }
  }

  /**
   * A block of a left matrix, where it is or copied.
   *
   * @param a {@code [M, K]}
   * @param reused whether many columns will be multiplied with it, so that a copy pays off
   * @param to the buffer of working memory for a copy
   */
  Left left(Matrix a, int row, int rows, int fromK, int k, boolean reused, Scratch scratch, int to);

  /**
   * Weights of attention, {@code exp(score - largest)}, from scores {@code [rows, keys]} that are
   * {@link ScoreRows#mask masked}, as a left matrix.
   *
   * @param state of the rows, which learns the largest score and the sum
   * @param copy memory like that of the scores
   * @param tile scratch of {@link Block#TILE_FLOATS}
   */
  default Left weights(Left scores, int rows, int keys, SoftmaxState state, long copy, long tile) {
    for (int r = 0; r < rows; r++) {
      long at = scores.at(r);
      float max = Math.max(state.max(r), ScoreRows.max(at, keys, tile));
      state.found(r, max, ScoreRows.exponentials(at, SoftmaxState.shift(max), keys, tile));
    }
    return scores(scores, rows, keys, copy);
  }

  /** Scores of attention as a left matrix, {@code [rows, columns]} of floats. */
  Left scores(Left floats, int rows, int columns, long copy);

  /** The same, transposed: {@code [columns, rows]}. */
  Left scoresAcross(Left floats, int rows, int columns, long copy);

  /**
   * Products of all rows and one panel, whose own rows are {@code stepB} bytes apart: {@code c =
   * scale * a b}, or added to c.
   *
   * @param k elements of k
   * @param tile scratch of {@link Block#TILE_FLOATS}
   */
  void strip(
      int rows,
      int columns,
      int k,
      Left a,
      long b,
      long stepB,
      long c,
      long rowC,
      float scale,
      boolean add,
      long tile);

  /** {@code c = scale * a b}, or {@code c += scale * a b}, with {@code a} of {@code [m, k]}. */
  default void multiply(int m, int n, int k, Left a, long panels, Block.Result c, long tile) {
    for (int panel = 0; panel < Panels.count(n); panel++) {
      int column = panel * Panels.WIDTH;
      int columns = Math.min(Panels.WIDTH, n - column);
      long at = panels + 4L * column * steps(k);
      long to = c.address() + 4L * column;
      strip(m, columns, k, a, at, Panels.step(columns), to, c.row(), c.scale(), c.add(), tile);
    }
  }
}
