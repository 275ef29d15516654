package org.diffusionnft.cli;

import java.util.function.Function;
import org.diffusionnft.weights.io.PlainNumber;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Options take the numbers that settings take, see {@link PlainNumber}. */
final class PlainNumbers {
  private PlainNumbers() {}

  /** Of a command line and its commands. */
  static void register(CommandLine commands) {
    register(commands, Integer.class, int.class, "an int", v -> Math.toIntExact(whole(v)));
    register(commands, Long.class, long.class, "a long", PlainNumbers::whole);
    register(commands, Double.class, double.class, "a double", PlainNumber::parse);
    register(commands, Float.class, float.class, "a float", v -> (float) PlainNumber.parse(v));
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
