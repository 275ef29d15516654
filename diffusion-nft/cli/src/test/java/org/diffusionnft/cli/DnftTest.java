package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class DnftTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void helpGoesToOut() {
    assertEquals(0, run(Dnft.commandLine(), "--help"));
    assertTrue(out.toString().startsWith("Usage: dnft"), out.toString());
    assertEquals("", err.toString());
  }

  /** The list of commands shows the first line of each description, so it must be a whole one. */
  @Test
  void everySummaryIsASentence() {
    assertSentences(Dnft.commandLine());
  }

  private static void assertSentences(CommandLine commandLine) {
    commandLine
        .getSubcommands()
        .forEach(
            (name, command) -> {
              String summary = command.getCommandSpec().usageMessage().description()[0];
              assertTrue(summary.endsWith("."), name + ": " + summary);
              assertSentences(command);
            });
  }

  /** picocli formats descriptions: a lone '%' makes it warn on the error stream. */
  @Test
  void everyDescriptionCanBeFormatted() {
    assertFormats(Dnft.commandLine());
  }

  private static void assertFormats(CommandLine commandLine) {
    CommandSpec spec = commandLine.getCommandSpec();
    for (String text : spec.usageMessage().description()) {
      assertFalse(String.format(text).isEmpty());
    }
    for (OptionSpec option : spec.options()) {
      for (String text : option.description()) {
        assertFalse(String.format(text).isEmpty());
      }
    }
    commandLine.getSubcommands().values().forEach(DnftTest::assertFormats);
  }

  @Test
  void completionKnowsCommandsAndOptions() {
    for (String shell : List.of("bash", "zsh", "fish")) {
      out.getBuffer().setLength(0);
      assertEquals(0, run(Dnft.commandLine(), "completion", shell));
      assertTrue(out.toString().contains("evaluate"), shell);
      assertTrue(out.toString().contains("benchmark"), shell);
    }
    assertEquals(2, run(Dnft.commandLine(), "completion", "tcsh"));
  }

  @Test
  void withoutArgumentsItPrintsTheHelp() {
    assertEquals(0, run(Dnft.commandLine()));
    assertTrue(out.toString().startsWith("Usage: dnft"), out.toString());
  }

  @Test
  void unknownOptionIsWrongInput() {
    assertEquals(2, run(Dnft.commandLine(), "--hlep"));
    assertTrue(
        err.toString().startsWith("dnft: Unknown option: '--hlep' (did you mean --help?)"),
        err.toString());
    assertEquals(2, err.toString().lines().count(), err.toString());
  }

  @Test
  void devicesListsWhatIsHereAndWhatIsMissing() {
    assertEquals(0, run(Dnft.commandLine(), "devices"));
    assertTrue(out.toString().startsWith("vector "), out.toString());
    assertTrue(out.toString().contains("\nreference "), out.toString());
    assertTrue(out.toString().contains("tornado"), out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void wrongInputIsToldInOneLine() {
    assertEquals(2, fail(new InvalidInputException("key 'lr': expected\n  a number")));
    assertEquals("dnft: key 'lr': expected a number\n", err.toString());
  }

  @Test
  void fileErrorsAreToldInOneLine() {
    assertEquals(2, fail(new NoSuchFileException("a/b")));
    assertEquals("dnft: no such file or folder: a/b\n", err.toString());
  }

  @Test
  void wrappedFileErrorsToo() {
    assertEquals(2, fail(new UncheckedIOException(new IOException("disk is full"))));
    assertEquals("dnft: disk is full\n", err.toString());
  }

  @Test
  void bugsPrintTheirTrace() {
    assertEquals(1, fail(new IllegalStateException("broken")));
    assertTrue(err.toString().startsWith("java.lang.IllegalStateException: broken"));
    assertTrue(err.toString().contains("\tat "));
  }

  private int fail(Exception e) {
    return run(Dnft.commandLine().addSubcommand("fail", new Failing(e)), "fail");
  }

  private int run(CommandLine commandLine, String... args) {
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }

  @Command(name = "fail")
  private record Failing(Exception e) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      throw e;
    }
  }
}
