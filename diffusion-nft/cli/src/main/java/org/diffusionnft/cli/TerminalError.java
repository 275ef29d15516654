package org.diffusionnft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;

/**
 * The error stream on a terminal. The launcher filters what the JVM writes there before {@code
 * main} starts (the warning about the incubating Vector API), and hands us the terminal itself in
 * {@code DNFT_STDERR}, so that a progress line is not held back by a filter that works by lines.
 */
final class TerminalError {
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
}
