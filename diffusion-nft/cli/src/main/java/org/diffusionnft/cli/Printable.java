package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.function.Consumer;

/**
 * Filters all messages and results that people see. File names, answers of services and texts in
 * models may contain characters that move a terminal's cursor, change its title or reverse text
 * direction; they are shown as {@code \}{@code u001b} and the like.
 */
final class Printable extends Writer {
  private final Consumer<String> out;
  private final StringBuilder waiting = new StringBuilder();

  private Printable(Consumer<String> out) {
    this.out = out;
  }

  /** A writer that passes on printable text, in whole lines. */
  static PrintWriter to(Consumer<String> out) {
    return new PrintWriter(new Printable(out), true);
  }

  /** A text with all control characters escaped, except line breaks and tabs. */
  static String escaped(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      append(shown, text.charAt(i));
    }
    return shown.toString();
  }

  private static void append(StringBuilder text, char c) {
    boolean layout =
        c == '\n' || c == '\t' || (c == '\r' && System.lineSeparator().indexOf(c) >= 0);
    if (layout || !acts(c)) {
      text.append(c);
    } else {
      text.append(String.format("\\u%04x", (int) c));
    }
  }

  /**
   * Whether it is a control character, a line or paragraph separator, or changes the text
   * direction.
   */
  private static boolean acts(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
      case Character.FORMAT ->
          (c >= '\u200e' && c <= '\u200f')
              || (c >= '\u202a' && c <= '\u202e')
              || (c >= '\u2066' && c <= '\u2069');
      default -> false;
    };
  }

  @Override
  public void write(char[] text, int from, int length) {
    synchronized (lock) {
      for (int i = from; i < from + length; i++) {
        append(waiting, text[i]);
      }
    }
  }

  @Override
  public void flush() {
    synchronized (lock) {
      if (!waiting.isEmpty()) {
        out.accept(waiting.toString());
        waiting.setLength(0);
      }
    }
  }

  @Override
  public void close() {
    flush();
  }
}
