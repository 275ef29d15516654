package org.diffusionnft.models;

import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.Tensor;

/** Splits images into patches, the tokens of vision transformers. */
public final class Patches {
  private Patches() {}

  /**
   * Splits images into square patches, row by row.
   *
   * @param pictures {@code [B, C, H, W]}
   * @param side of a patch, which divides H and W
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

  /**
   * Checks that images have the shape an encoder expects.
   *
   * @param side of its images
   * @throws IllegalArgumentException unless they are {@code [B, 3, side, side]}
   */
  public static void requirePictures(Tensor pixels, long side) {
    if (pixels.shape().rank() != 4
        || pixels.dim(1) != 3
        || pixels.dim(2) != side
        || pixels.dim(3) != side) {
      throw new IllegalArgumentException(
          "the image encoder takes [B, 3, %d, %d], not %s".formatted(side, side, pixels.shape()));
    }
  }
}
