package org.diffusionnft.rewards;

/**
 * Registers a reward with {@link java.util.ServiceLoader}. Implement {@link #open()} if it needs no
 * options, else {@link ConfiguredRewardProvider}.
 */
public interface RewardProvider {

  /** The name in configurations. */
  String name();

  /** What it rewards, in one line. */
  String description();

  /**
   * Loads the reward. Anything missing must be reported here, not at the first score.
   *
   * @throws IllegalArgumentException that says in one sentence what is missing and how to get it
   */
  Reward open();

  /**
   * Loads the reward with the options of a configuration.
   *
   * @throws IllegalArgumentException see {@link #open()}; also for an unknown option
   */
  default Reward open(RewardOptions options) {
    options.refuseOthers();
    return open();
  }
}
