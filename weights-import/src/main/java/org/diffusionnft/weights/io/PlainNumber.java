package org.diffusionnft.weights.io;

import java.util.regex.Pattern;

/**
 * Numbers as people write them: decimal, with ASCII digits. Java accepts more forms, which are
 * mistakes in user input: {@code 1f}, {@code 0x1p-3}, {@code NaN}, digits of other scripts.
 */
public final class PlainNumber {
  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");

  private static final Pattern OCTAL = Pattern.compile("[+-]?0[0-7_]*[0-7]");

  private PlainNumber() {}

  /**
   * Parses a number, which becomes infinite if it is too large for a double.
   *
   * @throws NumberFormatException if it is not a number
   */
  public static double parse(String text) {
    return Double.parseDouble(required(NUMBER, text));
  }

  /**
   * Parses an integer.
   *
   * @throws NumberFormatException if it is not an integer, or too large
   */
  public static long parseWhole(String text) {
    return Long.parseLong(required(WHOLE, text));
  }

  /** Whether a text is an integer of any size. */
  public static boolean isWhole(String text) {
    return WHOLE.matcher(text).matches();
  }

  /**
   * Whether YAML 1.1 reads a text, such as 010, as octal, where people and YAML 1.2 read decimal.
   * In settings it is ambiguous.
   */
  public static boolean isOctal(String text) {
    return OCTAL.matcher(text).matches();
  }

  private static String required(Pattern pattern, String text) {
    if (!pattern.matcher(text).matches()) {
      throw new NumberFormatException("'" + text + "' is no plain decimal number");
    }
    return text;
  }
}
