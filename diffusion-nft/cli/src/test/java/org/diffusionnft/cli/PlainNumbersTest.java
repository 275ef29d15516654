package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

class PlainNumbersTest {
  @Command
  private static final class Numbers {
    @Option(names = "--steps")
    private int steps;

    @Option(names = "--seed")
    private long seed;

    @Option(names = "--rate")
    private double rate;
  }

  private static Numbers read(String... args) {
    Numbers numbers = new Numbers();
    CommandLine commands = new CommandLine(numbers);
    PlainNumbers.register(commands);
    commands.parseArgs(args);
    return numbers;
  }

  @Test
  void numbersAreRead() {
    Numbers numbers = read("--steps", "12", "--seed", "-99999999999", "--rate", "5e-3");
    assertEquals(12, numbers.steps);
    assertEquals(-99999999999L, numbers.seed);
    assertEquals(0.005, numbers.rate);
  }

  @ParameterizedTest
  @CsvSource({
    "--steps,1e3,'is not a whole number from -2147483648 to 2147483647, such as 12'",
    "--steps,99999999999,'is not a whole number from -2147483648 to 2147483647, such as 12'",
    "--seed,0x10,'is not a whole number, such as 12'",
    "--rate,NaN,'is not a number, such as 0.5'"
  })
  void whatIsNoneIsToldInWords(String option, String value, String message) {
    ParameterException e =
        assertThrows(ParameterException.class, () -> read(option, value), message);
    assertTrue(e.getMessage().contains("'" + value + "' " + message), e.getMessage());
  }
}
