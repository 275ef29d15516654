package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.WatchedText;

/**
 * Regular expressions from files of strangers. One can be written to take for ever, or all memory:
 * each is small, and all searches of one object together may look at so many characters and no
 * more.
 */
final class BoundedPatterns {
  private static final long MOST_LOOKS = 4_000_000;
  private static final int LONGEST_EXPRESSION = 500;
  private static final int MOST_GROUPS = 20;
  private static final int MOST_REPETITIONS = 1000;

  private static final Pattern REPETITION = Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

  private long looks;

  /**
   * An expression with more around it, in which a dot is what it is in Python: anything but a line
   * feed.
   *
   * @throws InvalidInputException that names an expression that is none, or one too large
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
   * A matcher that stops, with an {@link InvalidInputException} that names the expression, where it
   * would take too long.
   */
  Matcher matcher(Pattern pattern, String expression, String module) {
    return pattern.matcher(new WatchedText(module, () -> look(expression)));
  }

  /** Nested repetitions and groups take memory, and stack, that grow faster than their text. */
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

  private void look(String expression) {
    if (looks++ > MOST_LOOKS) {
      throw new InvalidInputException(
          "the pattern " + quote(expression) + " takes too long to match: write it simpler");
    }
  }
}
