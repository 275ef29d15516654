package org.diffusionnft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;

/**
 * The error stream: messages, one per line, and on a terminal a progress line below them. A message
 * overwrites the progress line, which soon reappears.
 *
 * <p>The launcher filters what the JVM writes to a terminal before {@code main} starts (the warning
 * about the incubating Vector API), and passes the terminal itself in {@code DNFT_STDERR}, so that
 * the line-buffered filter does not delay progress lines.
 */
final class TerminalError {
  private static final String ERASE_LINE = "\r\u001b[K";

  private static boolean showsProgress;

  private TerminalError() {}

  /** Whether the error stream is a terminal: the launcher knows and passes it. */
  static boolean isTerminal() {
    return System.getenv("DNFT_STDERR") != null;
  }

  /** Points {@code System.err} at the terminal again, if the launcher put a filter in between. */
  static void restore() {
    String terminal = System.getenv("DNFT_STDERR");
    if (terminal == null) {
      return;
    }
    try {
      System.setErr(new PrintStream(new FileOutputStream(terminal, true), true, UTF_8));
    } catch (IOException e) {
      // The terminal belongs to another user (after su, say): the filtered stream still works.
    }
  }

  /** Prints whole lines. */
  static synchronized void print(String lines) {
    System.err.print(showsProgress ? ERASE_LINE + lines : lines);
    System.err.flush();
    showsProgress = false;
  }

  /** Replaces the progress line. */
  static synchronized void showProgress(String line) {
    System.err.print(ERASE_LINE + line);
    System.err.flush();
    showsProgress = true;
  }

  /** Keeps the progress line as it is and continues below it. */
  static synchronized void keepProgress() {
    if (showsProgress) {
      System.err.println();
      showsProgress = false;
    }
  }
}
