package org.diffusionnft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;

/**
 * The error stream: messages, one below the other, and on a terminal below them a line that shows
 * how far a task is. A message takes the place of that line, which soon shows itself again.
 *
 * <p>The launcher filters what the JVM writes to a terminal before {@code main} starts (the warning
 * about the incubating Vector API), and hands us the terminal itself in {@code DNFT_STDERR}, so
 * that a progress line is not held back by a filter that works by lines.
 */
final class TerminalError {
  private static final String ERASE_LINE = "\r\u001b[K";

  private static boolean showsProgress;

  private TerminalError() {}

  /** Whether the error stream is a terminal: the launcher knows, and names it. */
  static boolean isTerminal() {
    return System.getenv("DNFT_STDERR") != null;
  }

  /** Makes {@code System.err} the terminal again, if the launcher put a filter before it. */
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

  /** Shows how far a task is, in place of what was shown before. */
  static synchronized void showProgress(String line) {
    System.err.print(ERASE_LINE + line);
    System.err.flush();
    showsProgress = true;
  }

  /** Leaves the progress line as it is, and goes on below it. */
  static synchronized void keepProgress() {
    if (showsProgress) {
      System.err.println();
      showsProgress = false;
    }
  }
}
