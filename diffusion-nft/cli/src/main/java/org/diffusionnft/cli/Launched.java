package org.diffusionnft.cli;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Printed commands that can be copied into a shell. */
final class Launched {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./,:=@%+-]+");

  private Launched() {}

  /** A dnft command, spelled as this process was started: {@code ./dnft} from a checkout. */
  static String command(Object... words) {
    String program = System.getenv("DNFT_COMMAND");
    return quoted(program == null ? "dnft" : program)
        + Arrays.stream(words)
            .map(word -> " " + quoted(String.valueOf(word)))
            .collect(Collectors.joining());
  }

  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
