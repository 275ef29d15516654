package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Options take decimal numbers of ASCII digits only. */
class PlainNumbersTest {
  /** A command with a number of each kind. */
  static final class Numbers implements Runnable {
    @Option(names = "--int")
    private int whole;

    @Option(names = "--integer")
    private Integer boxed;

    @Option(names = "--long")
    private long large;

    @Option(names = "--double")
    private double real;

    @Override
    public void run() {}
  }

  private static final List<String> WRONG = new ArrayList<>();

  private static int execute(Numbers numbers, String... args) {
    WRONG.clear();
    CommandLine command = new CommandLine(numbers);
    PlainNumbers.register(command);
    return command
        .setParameterExceptionHandler(
            (e, _) -> {
              WRONG.add(String.valueOf(e.getMessage()));
              return 2;
            })
        .execute(args);
  }

  @ParameterizedTest
  @CsvSource({
    "--int, ٥, 'a whole number from -2147483648 to 2147483647, such as 12'",
    "--integer, 0x10, 'a whole number from -2147483648 to 2147483647, such as 12'",
    "--int, 1e3, 'a whole number from -2147483648 to 2147483647, such as 12'",
    "--int, 3000000000, 'a whole number from -2147483648 to 2147483647, such as 12'",
    "--long, ٥, 'a whole number, such as 12'",
    "--long, 1_0, 'a whole number, such as 12'",
    "--double, 1d, 'a number, such as 0.5'",
    "--double, 0x1p3, 'a number, such as 0.5'",
    "--double, NaN, 'a number, such as 0.5'"
  })
  void otherNumbersAreRefused(String option, String value, String kind) {
    assertEquals(2, execute(new Numbers(), option, value));
    String message = WRONG.getFirst();
    assertTrue(message.endsWith("'" + value + "' is not " + kind), message);
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "-3, -3", "+4, 4", "007, 7"})
  void wholeNumbersAreTaken(String text, int value) {
    Numbers numbers = new Numbers();
    assertEquals(
        0, execute(numbers, "--int", text, "--integer", text, "--long", text, "--double", text));
    assertEquals(value, numbers.whole);
    assertEquals(value, numbers.boxed);
    assertEquals(value, numbers.large);
    assertEquals(value, numbers.real);
  }

  @ParameterizedTest
  @CsvSource({"1e-4, 1e-4", ".5, 0.5", "2., 2"})
  void numbersAreTaken(String text, double value) {
    Numbers numbers = new Numbers();
    assertEquals(0, execute(numbers, "--double", text));
    assertEquals(value, numbers.real);
  }
}
