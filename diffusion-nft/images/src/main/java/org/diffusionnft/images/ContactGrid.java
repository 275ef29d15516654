package org.diffusionnft.images;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** Several pictures of one size on one sheet, as square as may be. */
public final class ContactGrid {
  private static final int GAP = 8;

  private ContactGrid() {}

  /** The sheet. */
  public static BufferedImage of(List<BufferedImage> pictures) {
    int columns = (int) Math.ceil(Math.sqrt(pictures.size()));
    int rows = Math.ceilDiv(pictures.size(), columns);
    int width = pictures.getFirst().getWidth() + GAP;
    int height = pictures.getFirst().getHeight() + GAP;
    BufferedImage sheet =
        new BufferedImage(columns * width - GAP, rows * height - GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = sheet.createGraphics();
    for (int i = 0; i < pictures.size(); i++) {
      canvas.drawImage(pictures.get(i), i % columns * width, i / columns * height, null);
    }
    canvas.dispose();
    return sheet;
  }
}
