package org.diffusionnft.images;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Insets;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * The layout of pictures in rows on one sheet. All lengths are in pixels.
 *
 * @param columns cells in a row
 * @param width of a cell
 * @param height of a cell
 * @param gap between two cells, across and down
 * @param margin around all cells
 * @param caption height of the text area below each cell
 * @param background colour between the pictures
 */
public record Sheet(
    int columns, int width, int height, int gap, Insets margin, int caption, Color background) {
  private static final int ABOVE_CAPTION = 5;
  private static final int INK = 0xff303030;

  /** Cells side by side, without gaps, margins and captions, on white. */
  public Sheet(int columns, int width, int height) {
    this(columns, width, height, 0, new Insets(0, 0, 0, 0), 0, Color.WHITE);
  }

  /** The layout with gaps between cells. */
  public Sheet withGap(int pixels) {
    return new Sheet(columns, width, height, pixels, margin, caption, background);
  }

  /** The layout with a margin. */
  public Sheet withMargin(int top, int left, int bottom, int right) {
    Insets insets = new Insets(top, left, bottom, right);
    return new Sheet(columns, width, height, gap, insets, caption, background);
  }

  /** The layout with a text area below each cell. */
  public Sheet withCaptions(int pixels) {
    return new Sheet(columns, width, height, gap, margin, pixels, background);
  }

  /** The layout on another background. */
  public Sheet on(Color colour) {
    return new Sheet(columns, width, height, gap, margin, caption, colour);
  }

  /** Left edge of cell {@code i}; cells are counted row by row. */
  public int x(int i) {
    return margin.left + i % columns * (width + gap);
  }

  /** Top edge of cell {@code i}. */
  public int y(int i) {
    return margin.top + i / columns * (height + caption + gap);
  }

  /**
   * The number of pixels of a sheet with this many pictures, without overflow.
   *
   * @param pictures at least one
   */
  public long pixels(int pictures) {
    long rows = (pictures - 1L) / columns + 1;
    long across = margin.left + columns * ((long) width + gap) - gap + margin.right;
    long down = margin.top + rows * ((long) height + caption + gap) - gap + margin.bottom;
    return across * down;
  }

  /** Draws at least one picture. */
  public BufferedImage draw(List<BufferedImage> pictures) {
    return draw(pictures, List.of());
  }

  /**
   * Draws at least one picture, each scaled to fit its cell: enlarged pixels stay sharp, and large
   * pictures are shrunk smoothly.
   *
   * @param captions one for each picture, shortened to fit below it; or none
   */
  public BufferedImage draw(List<BufferedImage> pictures, List<String> captions) {
    int across = margin.left + columns * (width + gap) - gap + margin.right;
    int down = y(pictures.size() - 1) + height + caption + margin.bottom;
    BufferedImage sheet = new BufferedImage(across, down, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(background);
    graphics.fillRect(0, 0, across, down);
    for (int i = 0; i < pictures.size(); i++) {
      draw(graphics, pictures.get(i), x(i), y(i));
      if (!captions.isEmpty()) {
        int top = y(i) + height + ABOVE_CAPTION;
        int room = caption - ABOVE_CAPTION;
        PixelFont.write(sheet, captions.get(i), x(i), top, width, room, INK);
      }
    }
    graphics.dispose();
    return sheet;
  }

  private void draw(Graphics2D graphics, BufferedImage picture, int x, int y) {
    boolean wide = (long) picture.getWidth() * height >= (long) picture.getHeight() * width;
    int w = wide ? width : height * picture.getWidth() / picture.getHeight();
    int h = wide ? width * picture.getHeight() / picture.getWidth() : height;
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        w > picture.getWidth()
            ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR
            : RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(picture, x + (width - w) / 2, y + (height - h) / 2, w, h, null);
  }
}
