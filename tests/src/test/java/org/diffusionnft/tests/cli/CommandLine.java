package org.diffusionnft.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.diffusionnft.cli.Dnft;

/** Runs {@code dnft} in this process and remembers what it printed. */
record CommandLine(int exitCode, String out, String err) {

  static CommandLine dnft(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[args.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = args[i].toString();
    }
    int exitCode = Dnft.run(new PrintWriter(out, true), new PrintWriter(err, true), words);
    return new CommandLine(exitCode, out.toString(), err.toString());
  }

  CommandLine succeeds() {
    assertEquals(0, exitCode, err);
    return this;
  }

  /** Fails as wrong input does: exit code 2 and one line that says why. */
  void refuses(String part) {
    assertEquals(2, exitCode, err);
    String sentence = err.lines().filter(l -> l.startsWith("dnft: ")).findFirst().orElse("");
    assertTrue(sentence.contains(part), err);
    long others =
        err.lines()
            .filter(l -> !l.startsWith("dnft: ") && !l.startsWith("device: "))
            .filter(l -> !l.startsWith("Try 'dnft"))
            .count();
    assertEquals(0, others, err);
  }
}
