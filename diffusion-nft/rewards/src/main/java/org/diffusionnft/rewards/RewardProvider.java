package org.diffusionnft.rewards;

/**
 * Registers a reward with {@link java.util.ServiceLoader}. Implement {@link #open()} if it needs no
 * options, else {@link ConfiguredRewardProvider}.
 */
public interface RewardProvider {

  /** The name configurations use. */
  String name();

  /** What it rewards, in one line. */
  String description();

  /**
   * Loads it. Anything that is missing must be reported here and not at the first score.
   *
   * @throws IllegalArgumentException that says in one sentence what is missing and what brings it
   */
  Reward open();

  /**
   * Loads it as a configuration says.
   *
   * @throws IllegalArgumentException see {@link #open()}; also for an option that it does not have
   */
  default Reward open(RewardOptions options) {
    options.refuseOthers();
    return open();
  }
}
