package org.diffusionnft.rewards;

/** A {@link RewardProvider} whose reward takes options. */
public interface ConfiguredRewardProvider extends RewardProvider {
  @Override
  default Reward open() {
    return open(RewardOptions.none(name()));
  }

  @Override
  Reward open(RewardOptions options);
}
