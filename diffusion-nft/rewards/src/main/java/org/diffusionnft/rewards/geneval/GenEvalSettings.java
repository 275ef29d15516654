package org.diffusionnft.rewards.geneval;

import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * The parameters of GenEval's rules, which are options of its evaluation.
 *
 * @param threshold the least confidence of an object
 * @param countingThreshold the same for counting, where a doubtful object costs more
 * @param mostObjects maximum number per class; the most confident ones are kept
 * @param mostOverlap maximum overlap of two objects of a class; above it the less confident one is
 *     dropped; 1 for no limit
 * @param positionMargin how far apart the centers of two objects must be along an axis, as a
 *     fraction of the sum of both sizes
 */
public record GenEvalSettings(
    double threshold,
    double countingThreshold,
    int mostObjects,
    double mostOverlap,
    double positionMargin) {
  /** GenEval's own parameters. */
  public static final GenEvalSettings DEFAULT = new GenEvalSettings(0.3, 0.9, 16, 1, 0.1);

  /**
   * The parameters from options, with GenEval's own as defaults: {@code threshold}, {@code
   * countingThreshold}, {@code maxObjects}, {@code maxOverlap} and {@code positionThreshold}, named
   * as in its evaluation.
   *
   * @throws InvalidInputException if one is not a number or out of range
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
