package org.diffusionnft.cli;

import java.nio.file.Path;

/** Paths in commands that are shown to be typed in. */
final class ShellWord {
  private ShellWord() {}

  /** A path as one word of a shell. */
  static String of(Path path) {
    String text = path.toString();
    return text.matches("[\\w./+:@%,=-]+")
        ? text
        : "\"" + text.replaceAll("([\"$`\\\\])", "\\\\$1") + "\"";
  }
}
