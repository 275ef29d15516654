package org.diffusionnft.images;

import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A font for captions: <a href="https://github.com/fcambus/spleen">Spleen</a> 6x12, a bitmap font
 * of Latin and Cyrillic letters under the BSD licence in its folder. Java2D's fonts need a font
 * configuration that minimal machines lack, and look different on each machine; this font always
 * looks the same.
 */
public final class PixelFont {
  /** Distance between the starts of two letters, in pixels. */
  public static final int ADVANCE = 6;

  /** Distance between the tops of two lines, in pixels. */
  public static final int LINE = 12;

  /** From the top of a capital letter to the bottom of a descender, in pixels. */
  public static final int HEIGHT = 10;

  private static final String FILE = "spleen-6x12.bdf";
  private static final int ABOVE = 1; // rows of the file above a capital letter, for accents

  /** The glyph for characters that the font lacks: an empty box. */
  private static final int[] BOX = {0, 0xf8, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88, 0xf8, 0, 0, 0};

  /** Rows by code point, from the top; the highest bit is on the left. */
  private static final Map<Integer, int[]> GLYPHS = read();

  private PixelFont() {}

  /** Width of a text in pixels. */
  public static int width(String text) {
    return text.codePointCount(0, text.length()) * ADVANCE;
  }

  /**
   * Draws a text, clipped to the image.
   *
   * @param x left edge of the text
   * @param y top of its capital letters
   */
  public static void write(BufferedImage image, String text, int x, int y, int rgb) {
    int left = x;
    for (int c : text.codePoints().toArray()) {
      write(image, GLYPHS.getOrDefault(c, BOX), left, y - ABOVE, rgb);
      left += ADVANCE;
    }
  }

  /**
   * Draws a text with word wrap, as many lines as fit into a height.
   *
   * @param width of a line in pixels; a longer word has its own line and overflows
   * @param height of the area in pixels
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

  private static void write(BufferedImage image, int[] rows, int x, int y, int rgb) {
    for (int row = 0; row < rows.length; row++) {
      for (int column = 0; column < ADVANCE; column++) {
        int at = x + column;
        int down = y + row;
        boolean inside = at >= 0 && at < image.getWidth() && down >= 0 && down < image.getHeight();
        if (inside && (rows[row] >> (Byte.SIZE - 1 - column) & 1) != 0) {
          image.setRGB(at, down, rgb);
        }
      }
    }
  }

  /** Reads the font file: the {@code ENCODING} and the bitmap rows of each glyph. */
  private static Map<Integer, int[]> read() {
    Map<Integer, int[]> glyphs = new HashMap<>();
    try (InputStream stream = PixelFont.class.getResourceAsStream(FILE)) {
      if (stream == null) {
        throw new IllegalStateException(FILE + " is missing in this build");
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII));
      int code = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("ENCODING ")) {
          code = Integer.parseInt(line.substring("ENCODING ".length()));
        } else if (line.equals("BITMAP")) {
          int[] rows = new int[BOX.length];
          for (int row = 0; row < rows.length; row++) {
            rows[row] = Integer.parseInt(lines.readLine(), 16);
          }
          glyphs.put(code, rows);
        }
      }
      return glyphs;
    } catch (IOException e) {
      throw new IllegalStateException(FILE + " cannot be read", e);
    }
  }
}
