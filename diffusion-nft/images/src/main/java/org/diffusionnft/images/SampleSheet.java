package org.diffusionnft.images;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** Pictures of one moment of a run, side by side, always in the same order. */
public final class SampleSheet {
  /** Most pictures on a sheet. */
  public static final int MOST = 24;

  private static final int COLUMNS = 8;
  private static final int CELL = 96;
  private static final int GAP = 4;

  private SampleSheet() {}

  /** Draws at most {@link #MOST} pictures. */
  public static BufferedImage draw(List<Pixels> pictures) {
    int count = Math.min(pictures.size(), MOST);
    int columns = Math.min(count, COLUMNS);
    int rows = (count + columns - 1) / columns;
    BufferedImage sheet =
        new BufferedImage(
            columns * (CELL + GAP) - GAP, rows * (CELL + GAP) - GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    for (int i = 0; i < count; i++) {
      int x = i % columns * (CELL + GAP);
      int y = i / columns * (CELL + GAP);
      drawInto(graphics, pictures.get(i), x, y, CELL);
    }
    graphics.dispose();
    return sheet;
  }

  /** One picture, large pixels staying sharp, large pictures made smaller. */
  public static BufferedImage single(Pixels picture, int side) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    drawInto(graphics, picture, 0, 0, side);
    graphics.dispose();
    return image;
  }

  private static void drawInto(Graphics2D graphics, Pixels picture, int x, int y, int side) {
    int longest = Math.max(picture.width(), picture.height());
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION,
        longest < side
            ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR
            : RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    int width = side * picture.width() / longest;
    int height = side * picture.height() / longest;
    graphics.drawImage(
        picture.toImage(), x + (side - width) / 2, y + (side - height) / 2, width, height, null);
  }
}
