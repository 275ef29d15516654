package org.diffusionnft.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * What a configuration says about one reward: a number, its weight, or {@code weight} and the other
 * options of the reward, such as the address of a service.
 *
 * @param weight what its scores are multiplied by; 0 only reports
 * @param options the other keys, as they are written
 */
public record RewardSettings(double weight, SequencedMap<String, String> options) {
  /** The key of the weight. */
  public static final String WEIGHT = "weight";

  /** The key that names the registered reward; without it the reward's own name does. */
  public static final String TYPE = "type";

  /**
   * Checks the weight and copies the options.
   *
   * @throws InvalidInputException unless the weight is finite as a float
   */
  public RewardSettings {
    if (!isWeight(weight)) {
      throw new InvalidInputException(
          "the weight of a reward must be a number of at most 3.4e38, not " + weight);
    }
    options = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(options));
  }

  /** Whether a float holds this weight: weighted sums are rounded to floats. */
  public static boolean isWeight(double weight) {
    return Float.isFinite((float) weight);
  }

  /** Only a weight. */
  public static RewardSettings of(double weight) {
    return new RewardSettings(weight, new LinkedHashMap<>());
  }

  /** Rewards of weight 1 that need nothing but their name. */
  public static SequencedMap<String, RewardSettings> named(List<String> names) {
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    names.forEach(name -> settings.put(name, of(1)));
    return settings;
  }

  /** Rewards that need only a weight each. */
  public static SequencedMap<String, RewardSettings> weights(Map<String, Double> weights) {
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    weights.forEach((name, weight) -> settings.put(name, of(weight)));
    return settings;
  }
}
