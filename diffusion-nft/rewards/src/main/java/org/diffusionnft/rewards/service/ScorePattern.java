package org.diffusionnft.rewards.service;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.BoundedSearch;
import org.diffusionnft.weights.io.BoundedSearch.HopelessSearchException;

/**
 * Finds a judge's score in its answer: the first group of a regular expression. A score must be
 * unambiguous, since training would learn from an unintended number:
 *
 * <ul>
 *   <li>The group is a plain decimal number, and not part of a longer one, like the 1 of {@code 10}
 *       and {@code 1,5}.
 *   <li>It does not begin a range ({@code 1-5}, {@code 1 to 5}), is not a percentage, and not a
 *       fraction with a denominator other than the divisor of scores: {@code 4/5} is a score,
 *       {@code 4/10} is not. (This is not checked if the expression continues after the group,
 *       since it then defines what follows.)
 *   <li>All matches of the expression have the same number. Matches with an empty group are
 *       ignored.
 * </ul>
 *
 * <p>The reference code takes the first match, whatever follows; for unambiguous answers the score
 * is the same.
 */
final class ScorePattern {
  private static final String KEY = "pattern";
  private static final String USUAL = "Final Score:\\s*([1-5](?:\\.\\d+)?)";
  private static final int LONGEST_EXPRESSION = 1000;
  private static final int LONGEST_ANSWER = 1 << 18;

  /** Tenths of a second: enough for quadratic matching on answers of a few thousand characters. */
  private static final long MOST_LOOKS = 100_000_000;

  private static final Pattern NUMBER = Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)");
  private static final Pattern BEGINNING = Pattern.compile("\\p{Nd}[.,]?\\z");
  private static final Pattern END = Pattern.compile("[.,]?\\p{Nd}|[eExX]\\p{XDigit}");
  private static final Pattern RANGE_OR_PERCENT =
      Pattern.compile("\\s*%|\\s*(?:-|–|—|~|to\\b)\\s*\\p{Nd}");
  private static final Pattern WHOLE =
      Pattern.compile("\\s*(?:/|out of\\b)\\s*([0-9]{1,9}(?:\\.[0-9]{1,9})?)");

  /** How many characters before and after a number are checked. */
  private static final int NEAR = 20;

  private final String place;
  private final Pattern pattern;
  private final double divisor;

  private ScorePattern(String place, Pattern pattern, double divisor) {
    this.place = place;
    this.pattern = pattern;
    this.divisor = divisor;
  }

  /**
   * Reads {@code pattern} (UnifiedReward's) and {@code divisor} (5).
   *
   * @throws InvalidInputException if it is not a regular expression with a group
   */
  static ScorePattern of(RewardOptions options) {
    double divisor = options.number("divisor", 5, Double.MIN_NORMAL, Double.MAX_VALUE);
    String text = options.text(KEY, USUAL);
    String place = "rewards.%s.%s".formatted(options.reward(), KEY);
    if (text.length() > LONGEST_EXPRESSION) {
      throw new InvalidInputException(
          "%s has %d characters, of which a pattern may have %d"
              .formatted(place, text.length(), LONGEST_EXPRESSION));
    }
    try {
      Pattern pattern = Pattern.compile(text);
      if (pattern.matcher("").groupCount() >= 1) {
        return new ScorePattern(place, pattern, divisor);
      }
      throw new InvalidInputException(
          "%s needs a group, (...), around the score: '%s' has none".formatted(place, text));
    } catch (PatternSyntaxException e) {
      throw new InvalidInputException(
          "%s is no regular expression: %s".formatted(place, e.getDescription()), e);
    } catch (StackOverflowError e) {
      throw new InvalidInputException("%s is nested too deeply".formatted(place), e);
    }
  }

  /**
   * The score in an answer, divided.
   *
   * @throws InvalidInputException if it has no score, or an ambiguous one
   * @throws Questions.LastingException if the expression takes too long or overflows the stack,
   *     which the next answer would not change
   */
  double score(String answer) {
    if (answer.length() > LONGEST_ANSWER) {
      throw new InvalidInputException(
          "it has no score: its text has %d characters, of which %d are searched"
              .formatted(answer.length(), LONGEST_ANSWER));
    }
    try {
      BoundedSearch bounds = new BoundedSearch(MOST_LOOKS);
      double score = bounds.in(answer, pattern, matcher -> search(matcher, answer)) / divisor;
      if (Float.isFinite((float) score)) {
        return score;
      }
      throw new InvalidInputException("its score is not finite");
    } catch (HopelessSearchException e) {
      throw new Questions.LastingException(
          "%s, '%s', %s to match in an answer of %d characters: write it simpler"
              .formatted(place, pattern.pattern(), e.getMessage(), answer.length()));
    }
  }

  private double search(Matcher matcher, String answer) {
    double found = Double.NaN;
    while (matcher.find()) {
      String group = matcher.group(1);
      if (group != null && !group.isEmpty()) {
        double number = number(group);
        requireWhole(matcher, answer);
        if (number != found && !Double.isNaN(found)) {
          throw none("has several scores, such as %s and %s,".formatted(found, number));
        }
        found = number;
      }
    }
    if (Double.isNaN(found)) {
      throw none("has no score");
    }
    return found;
  }

  private double number(String group) {
    if (!NUMBER.matcher(group).matches()) {
      throw none("has no score, for '%s' is no plain number,".formatted(Questions.shown(group)));
    }
    return Double.parseDouble(group);
  }

  /** Rejects a part of a number, and a number that is part of something else. */
  private void requireWhole(Matcher matcher, String answer) {
    int start = matcher.start(1);
    int end = matcher.end(1);
    String before = answer.substring(Math.max(0, start - NEAR), start);
    String after = answer.substring(end, Math.min(answer.length(), end + NEAR));
    // If the expression matches text after the group, that text is intended.
    boolean last = matcher.end() == end;
    if (BEGINNING.matcher(before).find()
        || END.matcher(after).lookingAt()
        || (last && (RANGE_OR_PERCENT.matcher(after).lookingAt() || isOfAnother(after)))) {
      String near = before.replaceAll("(?s).*\\s", "") + matcher.group(1) + after;
      throw none(
          "has no score, for '%s' is only a part of '%s',"
              .formatted(matcher.group(1), Questions.shown(near)));
    }
  }

  private boolean isOfAnother(String after) {
    Matcher whole = WHOLE.matcher(after);
    return whole.lookingAt() && Double.parseDouble(whole.group(1)) != divisor;
  }

  private InvalidInputException none(String what) {
    return new InvalidInputException(
        "it %s by %s, '%s'".formatted(what, place, Questions.shown(pattern.pattern())));
  }
}
