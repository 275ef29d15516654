package org.diffusionnft.trainer.nft;

import org.diffusionnft.tensor.InvalidInputException;

/**
 * How slowly the old policy follows the one in training: after an epoch {@code old = decay · old +
 * (1 - decay) · new} with {@code decay(step) = start} before {@code flat} optimizer steps, then
 * {@code min(start + (step - flat) · rate, cap)}; {@code return_decay} of the reference code, where
 * {@code start} is 0. A decay near 0 is on-policy and learns fast at first; the paper warns that
 * training collapses if the decay stays too small.
 *
 * @param flat steps during which the decay stays at {@code start}
 * @param start the decay that it begins with: 0 replaces the old policy outright
 * @param rate growth of the decay per step
 * @param cap the largest decay
 */
public record SoftUpdateSchedule(long flat, double start, double rate, double cap) {

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException for a number out of its range
   */
  public SoftUpdateSchedule {
    if (flat < 0 || !(rate >= 0) || !(cap >= 0 && cap <= 1) || !(start >= 0 && start <= 1)) {
      throw new InvalidInputException(
          "a soft update needs flat >= 0, rate >= 0, start and cap in [0, 1], not %d, %s, %s and %s"
              .formatted(flat, rate, start, cap));
    }
  }

  /** A schedule that begins at 0. */
  public SoftUpdateSchedule(long flat, double rate, double cap) {
    this(flat, 0, rate, cap);
  }

  /** The schedule {@code min(rate · step, cap)}. */
  public static SoftUpdateSchedule rising(double rate, double cap) {
    return new SoftUpdateSchedule(0, rate, cap);
  }

  /**
   * The reference code's {@code decay_type}: 0 is on policy; 1, for most rewards, rises by 0.001 to
   * 0.5; 2, for OCR, rises by 0.0075 to 0.999 after 75 steps.
   *
   * @throws InvalidInputException for another type
   */
  public static SoftUpdateSchedule ofType(int decayType) {
    return switch (decayType) {
      case 0 -> new SoftUpdateSchedule(0, 0, 0);
      case 1 -> new SoftUpdateSchedule(0, 0.001, 0.5);
      case 2 -> new SoftUpdateSchedule(75, 0.0075, 0.999);
      default -> throw new InvalidInputException("decay type must be 0, 1 or 2, not " + decayType);
    };
  }

  /** The weight that the old policy keeps after optimizer step {@code step}. */
  public double decay(long step) {
    return step < flat ? start : Math.min(start + (step - flat) * rate, cap);
  }
}
