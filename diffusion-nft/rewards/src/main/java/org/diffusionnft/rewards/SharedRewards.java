package org.diffusionnft.rewards;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Rewards that are opened once and used with several weightings: a model that two stages of a run
 * need is in memory once.
 */
public final class SharedRewards implements AutoCloseable {
  private final Map<Key, Reward> opened = new LinkedHashMap<>();

  private record Key(String name, SequencedMap<String, String> options) {}

  /**
   * Rewards with their weights; those that are not open yet are opened.
   *
   * @return valid until this is closed; must not be closed itself
   * @throws org.diffusionnft.tensor.InvalidInputException if a name is unknown, or a reward cannot
   *     be loaded
   */
  public WeightedRewards weighted(SequencedMap<String, RewardSettings> settings) {
    Map<String, Double> weights = new LinkedHashMap<>();
    settings.forEach((name, setting) -> weights.put(name, setting.weight()));
    return new WeightedRewards(named(settings), weights);
  }

  /** The rewards themselves, without weights. */
  public SequencedMap<String, Reward> named(SequencedMap<String, RewardSettings> settings) {
    SequencedMap<String, Reward> rewards = new LinkedHashMap<>();
    settings.forEach(
        (name, setting) -> {
          Key key = new Key(name, setting.options());
          Reward reward = opened.get(key);
          if (reward == null) {
            reward = WeightedRewards.open(name, setting);
            opened.put(key, reward);
          }
          rewards.put(name, reward);
        });
    return rewards;
  }

  /** Closes all rewards. */
  @Override
  public void close() {
    opened.values().forEach(Reward::close);
    opened.clear();
  }
}
