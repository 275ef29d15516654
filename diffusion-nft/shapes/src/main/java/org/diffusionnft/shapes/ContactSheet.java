package org.diffusionnft.shapes;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.PixelFont;

/** Many pictures on one sheet, enlarged, each with a line of text below. */
public final class ContactSheet {
  private static final int GAP = 10;
  private static final int CAPTION = 36;
  private static final int INK = 0xff000000;

  private final int columns;
  private final int scale;
  private final List<float[]> images = new ArrayList<>();
  private final List<String> captions = new ArrayList<>();

  /**
   * An empty sheet.
   *
   * @param columns pictures per row
   * @param scale edge length of one pixel
   */
  public ContactSheet(int columns, int scale) {
    this.columns = columns;
    this.scale = scale;
  }

  /**
   * Adds a picture, row by row from the top left.
   *
   * @param image shape [3, SIZE, SIZE], row-major, values in [-1, 1] (others are clamped)
   * @param caption the text below, shortened to what fits below
   */
  public void add(float[] image, String caption) {
    images.add(image.clone());
    captions.add(caption);
  }

  /** Draws the sheet. */
  public BufferedImage draw() {
    int side = ShapesWorld.SIZE * scale;
    int rows = (images.size() + columns - 1) / columns;
    int width = GAP + columns * (side + GAP);
    int height = GAP + rows * (side + CAPTION + GAP);
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    for (int i = 0; i < images.size(); i++) {
      int x = GAP + i % columns * (side + GAP);
      int y = GAP + i / columns * (side + CAPTION + GAP);
      graphics.drawImage(picture(images.get(i)), x, y, side, side, null);
      caption(sheet, captions.get(i), x, y + side, side);
    }
    graphics.dispose();
    return sheet;
  }

  /** One picture, a pixel per pixel. */
  public static BufferedImage picture(float[] image) {
    int size = ShapesWorld.SIZE;
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int rgb = 0;
        for (int c = 0; c < ShapesWorld.CHANNELS; c++) {
          float value = Math.clamp(image[(c * size + y) * size + x], -1f, 1f);
          rgb = rgb << 8 | Math.round((value + 1) / 2 * 255);
        }
        picture.setRGB(x, y, rgb);
      }
    }
    return picture;
  }

  private static void caption(BufferedImage sheet, String text, int x, int y, int width) {
    int top = y + 5;
    String line = "";
    for (String word : text.split(" ", -1)) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (PixelFont.width(longer) > width && !line.isEmpty()) {
        PixelFont.write(sheet, line, x, top, INK);
        top += PixelFont.LINE;
        longer = word;
      }
      line = longer;
      if (top > y + CAPTION - PixelFont.LINE) {
        return;
      }
    }
    PixelFont.write(sheet, line, x, top, INK);
  }
}
