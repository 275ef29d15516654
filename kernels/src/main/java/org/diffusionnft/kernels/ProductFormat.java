package org.diffusionnft.kernels;

import org.diffusionnft.kernels.Block.Left;

/**
 * The operand format of a kind of micro-kernel: what it reads per step of k, the layout of the left
 * matrix, and how the right one is packed into {@link Panels}. A step takes four bytes in either.
 */
interface ProductFormat {
  /** Maximum elements of k for which a panel of B stays in the L1 cache. */
  int depth();

  /** Maximum rows of A processed at a time: they share the L2 cache with B. */
  int rows();

  /** Whether {@link #strip} can fetch what is used next. */
  boolean fetches();

  /** Number of steps for {@code k} elements of k. */
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
   * A block of a left matrix, in place or copied.
   *
   * @param a {@code [M, K]}
   * @param reused whether many columns will be multiplied with it, so that a copy pays off
   * @param to slot of the working memory for a copy
   */
  Left left(Matrix a, int row, int rows, int fromK, int k, boolean reused, Scratch scratch, int to);

  /**
   * Attention weights, {@code exp(score - largest)}, as a left matrix, from {@link ScoreRows#mask
   * masked} scores {@code [rows, keys]}.
   *
   * @param state of the rows; receives the largest score and the sum
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

  /** Attention scores, {@code [rows, columns]} of floats, as a left matrix. */
  Left scores(Left floats, int rows, int columns, long copy);

  /** The same, transposed: {@code [columns, rows]}. */
  Left scoresAcross(Left floats, int rows, int columns, long copy);

  /**
   * Multiplies all rows by one panel with a row stride of {@code stepB} bytes: {@code c = scale * a
   * b}, or added to c.
   *
   * @param k number of elements of k
   * @param tile scratch of {@link Block#TILE_FLOATS}
   * @param fetches {@link Fetches#list}, or 0 to fetch nothing
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
      long tile,
      long fetches);

  /** {@code c = scale * a b}, or {@code c += scale * a b}, where {@code a} is {@code [m, k]}. */
  default void multiply(int m, int n, int k, Left a, long panels, Block.Result c, long tile) {
    for (int panel = 0; panel < Panels.count(n); panel++) {
      int column = panel * Panels.WIDTH;
      int columns = Math.min(Panels.WIDTH, n - column);
      long at = panels + 4L * column * steps(k);
      long to = c.address() + 4L * column;
      strip(m, columns, k, a, at, Panels.step(columns), to, c.row(), c.scale(), c.add(), tile, 0);
    }
  }
}
