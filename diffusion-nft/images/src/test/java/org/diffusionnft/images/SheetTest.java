package org.diffusionnft.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class SheetTest {
  private static final int WHITE = 0xffffffff;
  private static final int BLACK = 0xff000000;

  @Test
  void picturesStandInRowsWithGapsBetween() {
    BufferedImage one = new BufferedImage(10, 6, BufferedImage.TYPE_INT_RGB);
    one.setRGB(0, 0, WHITE);
    BufferedImage sheet =
        new Sheet(2, 10, 6).withGap(8).on(Color.BLACK).draw(List.of(one, one, one));
    assertEquals(28, sheet.getWidth());
    assertEquals(20, sheet.getHeight());
    assertEquals(WHITE, sheet.getRGB(18, 0));
    assertEquals(WHITE, sheet.getRGB(0, 14));
    assertEquals(BLACK, sheet.getRGB(18, 14));
  }

  @Test
  void enlargedPixelsStaySharpAndPicturesKeepTheirProportions() {
    BufferedImage wide = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    wide.setRGB(1, 0, 0xff0000);
    BufferedImage sheet =
        new Sheet(1, 8, 8).withMargin(1, 2, 3, 4).on(Color.WHITE).draw(List.of(wide));
    assertEquals(14, sheet.getWidth());
    assertEquals(12, sheet.getHeight());
    assertEquals(WHITE, sheet.getRGB(2, 2));
    assertEquals(BLACK, sheet.getRGB(5, 3));
    assertEquals(0xffff0000, sheet.getRGB(6, 6));
    assertEquals(WHITE, sheet.getRGB(2, 7));
  }

  @Test
  void captionsEndWhereTheirRoomDoes() {
    BufferedImage one = new BufferedImage(12, 4, BufferedImage.TYPE_INT_RGB);
    BufferedImage sheet =
        new Sheet(1, 12, 4).withCaptions(30).draw(List.of(one), List.of("l l l l l l l"));
    assertEquals(34, sheet.getHeight());
    assertNotEquals(0, ink(sheet, 9));
    assertNotEquals(0, ink(sheet, 21)); // 5 + 2 * 12 + 10 rows of text do not fit into 30
    assertEquals(0, ink(sheet, 31));
  }

  private static long ink(BufferedImage sheet, int top) {
    long dark = 0;
    for (int y = top; y < Math.min(top + 7, sheet.getHeight()); y++) {
      for (int x = 0; x < sheet.getWidth(); x++) {
        dark += sheet.getRGB(x, y) == WHITE ? 0 : 1;
      }
    }
    return dark;
  }

  @Test
  void wordsAreWrappedBetweenThem() {
    assertEquals(List.of("a red", "circle"), PixelFont.lines("a red circle", 40));
    assertEquals(List.of("superfluous", "x"), PixelFont.lines("superfluous x", 12));
    assertEquals(List.of(""), PixelFont.lines("", 12));
  }
}
