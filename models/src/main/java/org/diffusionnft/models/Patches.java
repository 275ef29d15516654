package org.diffusionnft.models;

import org.diffusionnft.autograd.Variable;

/** Pictures as the tokens that transformers take: a square of pixels each. */
public final class Patches {
  private Patches() {}

  /**
   * Cuts pictures into squares, row by row.
   *
   * @param pictures {@code [B, C, H, W]}
   * @param side of a square, which divides H and W
   * @return {@code [B, H / side * W / side, C * side * side]}
   */
  public static Variable cut(Variable pictures, long side) {
    long batch = pictures.dim(0);
    long rows = pictures.dim(2) / side;
    long columns = pictures.dim(3) / side;
    return pictures
        .reshape(batch, pictures.dim(1), rows, side, columns, side)
        .permute(0, 2, 4, 1, 3, 5)
        .reshape(batch, rows * columns, -1);
  }
}
