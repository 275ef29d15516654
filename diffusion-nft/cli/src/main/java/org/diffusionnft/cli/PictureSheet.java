package org.diffusionnft.cli;

import org.diffusionnft.images.Sheet;
import org.diffusionnft.tensor.InvalidInputException;

/** The size limit of the sheet of {@code dnft sample}. */
final class PictureSheet {
  /** A sheet is drawn in memory, at four bytes per pixel, and then encoded. */
  private static final long MOST_PIXELS = 1 << 26;

  private PictureSheet() {}

  /** The layout of pictures, which depends on their number. */
  @FunctionalInterface
  interface Layout {
    /** The sheet of {@code count} pictures. */
    Sheet of(int count);
  }

  /**
   * Checks before any work that all pictures fit on one sheet.
   *
   * @throws InvalidInputException that says how many fit
   */
  static void require(int count, Layout layout) {
    if (fits(count, layout)) {
      return;
    }
    int fitting = 0;
    int tooMany = count;
    while (tooMany - fitting > 1) {
      int middle = (fitting + tooMany) / 2;
      if (fits(middle, layout)) {
        fitting = middle;
      } else {
        tooMany = middle;
      }
    }
    throw new InvalidInputException(
        fitting == 0
            ? "one picture of this size has more pixels than fit into memory: lower --width or"
                + " --height"
            : "a sheet of %d pictures has more pixels than fit into memory: give --count %d at most, and"
                    .formatted(count, fitting)
                + " other pictures with another --seed");
  }

  private static boolean fits(int count, Layout layout) {
    return layout.of(count).pixels(count) <= MOST_PIXELS;
  }
}
