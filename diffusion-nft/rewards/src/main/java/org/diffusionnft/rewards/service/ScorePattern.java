package org.diffusionnft.rewards.service;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.BoundedSearch;
import org.diffusionnft.weights.io.BoundedSearch.HopelessSearchException;

/**
 * Where a judge's score stands in its answer: a regular expression's first group. The answer has
 * one only if it is beyond doubt, for a number that nobody meant would be learnt from:
 *
 * <ul>
 *   <li>The group is a plain decimal number, and not a part of a longer one, as the 1 of {@code 10}
 *       and of {@code 1,5} is.
 *   <li>It does not begin a range ({@code 1-5}, {@code 1 to 5}), is no percentage, and no fraction
 *       of anything but what scores are divided by: {@code 4/5} is a score, {@code 4/10} is not.
 *       (Unless the expression goes on behind the group: then its author knows what follows.)
 *   <li>All places where the expression is found say the same number. Those where the group is
 *       empty say nothing.
 * </ul>
 *
 * <p>The reference code takes the first place, whatever follows; other answers have the same score
 * as there.
 */
final class ScorePattern {
  private static final String KEY = "pattern";
  private static final String USUAL = "Final Score:\\s*([1-5](?:\\.\\d+)?)";
  private static final int LONGEST_EXPRESSION = 1000;
  private static final int LONGEST_ANSWER = 1 << 18;

  /** Some tenths of a second: an expression may be quadratic, for answers have a few thousand. */
  private static final long MOST_LOOKS = 100_000_000;

  private static final Pattern NUMBER = Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)");
  private static final Pattern BEGINNING = Pattern.compile("\\p{Nd}[.,]?\\z");
  private static final Pattern END = Pattern.compile("[.,]?\\p{Nd}|[eExX]\\p{XDigit}");
  private static final Pattern RANGE_OR_PERCENT =
      Pattern.compile("\\s*%|\\s*(?:-|–|—|~|to\\b)\\s*\\p{Nd}");
  private static final Pattern WHOLE =
      Pattern.compile("\\s*(?:/|out of\\b)\\s*([0-9]{1,9}(?:\\.[0-9]{1,9})?)");

  /** As far as what follows or precedes a number is looked at. */
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
   * @throws InvalidInputException if it is no regular expression with a group
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
   * @throws InvalidInputException if it has none, or what may be another
   * @throws Questions.LastingException if the expression takes too long, or more stack than there
   *     is: it will of the next answer, too
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

  /** Refuses a part of a number, and a number that is a part of something else. */
  private void requireWhole(Matcher matcher, String answer) {
    int start = matcher.start(1);
    int end = matcher.end(1);
    String before = answer.substring(Math.max(0, start - NEAR), start);
    String after = answer.substring(end, Math.min(answer.length(), end + NEAR));
    // What an expression says must follow is what its author expects there.
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
