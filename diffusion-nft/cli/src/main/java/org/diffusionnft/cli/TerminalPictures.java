package org.diffusionnft.cli;

import java.awt.image.BufferedImage;
import java.util.List;

/** Small pictures on a terminal with 24-bit colours: two pixels per character. */
final class TerminalPictures {
  private static final String HALF_BLOCK = "\u2580";
  private static final int ACROSS = 3;

  private TerminalPictures() {}

  /** Prints pictures on the error stream side by side, each under its caption. */
  static void print(List<BufferedImage> pictures, List<String> captions) {
    for (int first = 0; first < pictures.size(); first += ACROSS) {
      int last = Math.min(first + ACROSS, pictures.size());
      StringBuilder text = new StringBuilder();
      for (int i = first; i < last; i++) {
        int width = pictures.get(i).getWidth();
        text.append(String.format("%-" + width + "." + width + "s ", captions.get(i)));
      }
      text.append('\n');
      for (int y = 0; y < pictures.get(first).getHeight(); y += 2) {
        for (int i = first; i < last; i++) {
          row(text, pictures.get(i), y);
        }
        text.append('\n');
      }
      TerminalError.print(text.append('\n').toString());
    }
  }

  private static void row(StringBuilder text, BufferedImage picture, int y) {
    for (int x = 0; x < picture.getWidth(); x++) {
      int lower = y + 1 < picture.getHeight() ? picture.getRGB(x, y + 1) : 0;
      text.append("\u001b[38;2;").append(colour(picture.getRGB(x, y)));
      text.append("m\u001b[48;2;").append(colour(lower)).append('m').append(HALF_BLOCK);
    }
    text.append("\u001b[0m ");
  }

  private static String colour(int rgb) {
    return (rgb >> 16 & 255) + ";" + (rgb >> 8 & 255) + ";" + (rgb & 255);
  }
}
