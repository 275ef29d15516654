package org.diffusionnft.rewards.geneval;

import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The numbers of GenEval's rules, those that its evaluation takes as options.
 *
 * @param threshold how certain an object must be to be there
 * @param countingThreshold the same where objects are counted and a doubtful one costs more
 * @param mostObjects of each class; the most certain ones stay
 * @param mostOverlap of two objects of a class before the less certain one goes; 1 for any
 * @param positionMargin how far beyond touching, as a share of both sizes, counts as beside
 */
public record GenEvalSettings(
    double threshold,
    double countingThreshold,
    int mostObjects,
    double mostOverlap,
    double positionMargin) {
  /** GenEval's own. */
  public static final GenEvalSettings DEFAULT = new GenEvalSettings(0.3, 0.9, 16, 1, 0.1);

  /**
   * What options say, else GenEval's own: {@code threshold}, {@code countingThreshold}, {@code
   * maxObjects}, {@code maxOverlap} and {@code positionThreshold}, as its evaluation calls them.
   *
   * @throws InvalidInputException if one is no number of its range
   */
  static GenEvalSettings of(RewardOptions options) {
    return new GenEvalSettings(
        options.number("threshold", DEFAULT.threshold, 0, 1),
        options.number("countingThreshold", DEFAULT.countingThreshold, 0, 1),
        options.count("maxObjects", DEFAULT.mostObjects),
        options.number("maxOverlap", DEFAULT.mostOverlap, 0, 1),
        options.number("positionThreshold", DEFAULT.positionMargin, 0, 1));
  }
}
