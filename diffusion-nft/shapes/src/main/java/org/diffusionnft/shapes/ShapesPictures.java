package org.diffusionnft.shapes;

import java.awt.image.BufferedImage;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Sheet;

/** Pictures of the world for display. */
public final class ShapesPictures {
  private static final int GAP = 10;
  private static final int CAPTION = 36;

  private ShapesPictures() {}

  /**
   * A picture as bytes.
   *
   * @param image shape [3, SIZE, SIZE], row-major, values in [-1, 1]; others are clamped
   */
  public static Pixels pixels(float[] image) {
    return new Images(image, ShapesWorld.CHANNELS, ShapesWorld.SIZE, ShapesWorld.SIZE).pixels(0);
  }

  /**
   * Pictures on one sheet, enlarged, each above its caption.
   *
   * @param columns pictures per row
   * @param scale edge length of one pixel
   * @param images at least one, as for {@link #pixels}
   * @param captions one per image
   */
  public static BufferedImage sheet(
      int columns, int scale, List<float[]> images, List<String> captions) {
    return layout(columns, scale)
        .draw(images.stream().map(image -> pixels(image).toImage()).toList(), captions);
  }

  /** The layout of {@link #sheet}. */
  public static Sheet layout(int columns, int scale) {
    int side = ShapesWorld.SIZE * scale;
    return new Sheet(columns, side, side)
        .withGap(GAP)
        .withMargin(GAP, GAP, GAP, GAP)
        .withCaptions(CAPTION);
  }
}
