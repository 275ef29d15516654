package org.diffusionnft.cli;

import java.util.function.Function;
import org.diffusionnft.weights.io.PlainNumber;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Makes options accept the same numbers as settings, see {@link PlainNumber}. */
final class PlainNumbers {
  private static final String INT =
      "a whole number from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE + ", such as 12";
  private static final String WHOLE = "a whole number, such as 12";
  private static final String NUMBER = "a number, such as 0.5";

  private PlainNumbers() {}

  /** Registers this for a command line and its subcommands. */
  static void register(CommandLine commands) {
    register(commands, Integer.class, int.class, INT, v -> Math.toIntExact(whole(v)));
    register(commands, Long.class, long.class, WHOLE, PlainNumbers::whole);
    register(commands, Double.class, double.class, NUMBER, PlainNumber::parse);
    register(commands, Float.class, float.class, NUMBER, v -> (float) PlainNumber.parse(v));
  }

  private static long whole(String value) {
    return PlainNumber.parseWhole(value);
  }

  private static <T> void register(
      CommandLine commands,
      Class<T> type,
      Class<T> primitive,
      String kind,
      Function<String, T> reading) {
    CommandLine.ITypeConverter<T> converter =
        value -> {
          try {
            return reading.apply(value);
          } catch (NumberFormatException | ArithmeticException e) {
            throw new TypeConversionException("'%s' is not %s".formatted(value, kind));
          }
        };
    commands.registerConverter(type, converter);
    commands.registerConverter(primitive, converter);
  }
}
