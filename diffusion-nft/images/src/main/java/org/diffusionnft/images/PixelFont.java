package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Letters of 5 x 7 pixels for captions. The fonts of Java2D need a font configuration that bare
 * machines lack, and look different on each machine; these letters are always the same.
 */
public final class PixelFont {
  /** Distance between the starts of two letters, in pixels. */
  public static final int ADVANCE = 6;

  /** Distance between the tops of two lines, in pixels. */
  public static final int LINE = 10;

  private static final int HEIGHT = 7;

  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.-:/+,%()=_";

  // Five columns per letter, two hexadecimal digits each; the lowest bit is the top row.
  private static final String COLUMNS =
      "2054545478"
          + "7F48444438"
          + "3844444420"
          + "384444487F"
          + "3854545418"
          + "087E090102"
          + "081454543C"
          + "7F08040478"
          + "00447D4000"
          + "2040443D00"
          + "7F10284400"
          + "00417F4000"
          + "7C04180478"
          + "7C08040478"
          + "3844444438"
          + "7C14141408"
          + "081414187C"
          + "7C08040408"
          + "4854545420"
          + "043F444020"
          + "3C4040207C"
          + "1C2040201C"
          + "3C4030403C"
          + "4428102844"
          + "0C5050503C"
          + "4464544C44"
          + "3E5149453E"
          + "00427F4000"
          + "4261514946"
          + "2141454B31"
          + "1814127F10"
          + "2745454539"
          + "3C4A494930"
          + "0171090503"
          + "3649494936"
          + "064949291E"
          + "0060600000"
          + "0808080808"
          + "0036360000"
          + "2010080402"
          + "08083E0808"
          + "0050300000"
          + "2313086462"
          + "001C224100"
          + "0041221C00"
          + "1414141414"
          + "4040404040";

  private PixelFont() {}

  /** Width of a text in pixels. */
  public static int width(String text) {
    return text.length() * ADVANCE;
  }

  /** Writes a text with its top left corner at (x, y); characters without a letter stay blank. */
  public static void write(BufferedImage image, String text, int x, int y, int rgb) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (int i = 0; i < lower.length(); i++) {
      int letter = LETTERS.indexOf(lower.charAt(i));
      if (letter >= 0) {
        write(image, letter, x + i * ADVANCE, y, rgb);
      }
    }
  }

  /**
   * Writes the words of a text in lines of a width, as many lines as a height has room for.
   *
   * @param width of a line in pixels; a longer word has a line of its own and juts out
   * @param height of the room in pixels
   */
  public static void write(
      BufferedImage image, String text, int x, int y, int width, int height, int rgb) {
    int top = y;
    for (String line : lines(text, width)) {
      if (top + HEIGHT <= y + height) {
        write(image, line, x, top, rgb);
      }
      top += LINE;
    }
  }

  static List<String> lines(String text, int width) {
    List<String> lines = new ArrayList<>();
    String line = "";
    for (String word : text.split(" ", -1)) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (width(longer) > width && !line.isEmpty()) {
        lines.add(line);
        longer = word;
      }
      line = longer;
    }
    lines.add(line);
    return lines;
  }

  private static void write(BufferedImage image, int letter, int x, int y, int rgb) {
    for (int column = 0; column < 5; column++) {
      int at = (letter * 5 + column) * 2;
      int bits = Integer.parseInt(COLUMNS.substring(at, at + 2), 16);
      for (int row = 0; row < HEIGHT; row++) {
        boolean inside = x + column < image.getWidth() && y + row < image.getHeight();
        if ((bits >> row & 1) != 0 && inside) {
          image.setRGB(x + column, y + row, rgb);
        }
      }
    }
  }
}
