package org.diffusionnft.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PixelFontTest {
  @Test
  void lettersAreDrawnAsInTheFile() {
    assertEquals(
        """
        .###..
        #...#.
        #...#.
        #...#.
        #####.
        #...#.
        #...#.
        #...#.
        ......
        ......
        """,
        drawn("A"));
    assertEquals(drawn("\u0410"), drawn("A"), "Cyrillic's A");
  }

  /** Capitals are capitals, and a g is no 9. */
  @Test
  void everyCharacterLooksLikeNoOther() {
    Map<String, Character> seen = new HashMap<>();
    for (char c = '!'; c <= '~'; c++) {
      Character other = seen.put(drawn(String.valueOf(c)), c);
      assertEquals(null, other, c + " looks like " + other);
    }
  }

  @Test
  void aCharacterThatTheFontLacksIsABox() {
    assertEquals(drawn("\u732b"), drawn("\ud83d\ude00"));
    assertNotEquals(drawn(" "), drawn("\u732b"));
    assertEquals(PixelFont.ADVANCE, PixelFont.width("\ud83d\ude00"));
  }

  @Test
  void whatLiesOutsideIsLeftOut() {
    BufferedImage image = new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB);
    PixelFont.write(image, "gW", -4, -4, 0xffffff);
    PixelFont.write(image, "gW", 2, 2, 0xffffff);
  }

  private static String drawn(String text) {
    BufferedImage image =
        new BufferedImage(PixelFont.ADVANCE, PixelFont.HEIGHT, BufferedImage.TYPE_INT_RGB);
    PixelFont.write(image, text, 0, 0, 0xffffff);
    StringBuilder rows = new StringBuilder();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        rows.append(image.getRGB(x, y) == 0xff000000 ? '.' : '#');
      }
      rows.append('\n');
    }
    return rows.toString();
  }
}
