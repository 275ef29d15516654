package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.BoundedSearch;
import org.diffusionnft.weights.io.BoundedSearch.HopelessSearchException;
import org.jspecify.annotations.Nullable;

/**
 * Untrusted regular expressions from files, which may be written to exhaust memory or run forever:
 * the size of each is limited, and so is the total work of all searches of one object.
 */
final class BoundedPatterns {
  private static final long MOST_LOOKS = 4_000_000;
  private static final int LONGEST_EXPRESSION = 500;
  private static final int MOST_GROUPS = 20;
  private static final int MOST_REPETITIONS = 1000;

  private static final Pattern REPETITION = Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

  private final BoundedSearch bounds = new BoundedSearch(MOST_LOOKS);

  /**
   * Compiles an expression with a prefix and suffix; a dot matches as in Python: anything but a
   * line feed.
   *
   * @throws InvalidInputException naming an expression that is invalid or too large
   */
  static Pattern compile(String before, String expression, String after) {
    requireSmall(expression);
    try {
      return Pattern.compile(before + expression + after, Pattern.UNIX_LINES);
    } catch (PatternSyntaxException e) {
      throw new InvalidInputException(
          "the pattern " + quote(expression) + " is not a regular expression", e);
    }
  }

  /**
   * Searches the name of a module.
   *
   * @throws InvalidInputException naming the expression, if it exceeds the limits
   */
  <R extends @Nullable Object> R search(
      Pattern pattern, String expression, String module, Function<Matcher, R> search) {
    try {
      return bounds.in(module, pattern, search);
    } catch (HopelessSearchException e) {
      throw new InvalidInputException(
          "the pattern %s %s to match: write it simpler"
              .formatted(quote(expression), e.getMessage()),
          e);
    }
  }

  /** The memory and stack for nested repetitions and groups grow faster than their text. */
  private static void requireSmall(String expression) {
    long repetitions = 1;
    Matcher matcher = REPETITION.matcher(expression);
    while (matcher.find() && repetitions <= MOST_REPETITIONS) {
      String last = matcher.group(2) == null || matcher.group(2).isEmpty() ? "1" : matcher.group(2);
      for (String number : new String[] {matcher.group(1), last}) {
        repetitions *=
            number.length() > 4 ? MOST_REPETITIONS + 1 : Math.max(1, Integer.parseInt(number));
      }
    }
    long groups = expression.chars().filter(c -> c == '(' || c == '[').count();
    if (expression.length() > LONGEST_EXPRESSION
        || groups > MOST_GROUPS
        || repetitions > MOST_REPETITIONS) {
      throw new InvalidInputException(
          "the pattern "
              + quote(expression)
              + " is too large: "
              + LONGEST_EXPRESSION
              + " characters, "
              + MOST_GROUPS
              + " groups and "
              + MOST_REPETITIONS
              + " repetitions are supported");
    }
  }
}
