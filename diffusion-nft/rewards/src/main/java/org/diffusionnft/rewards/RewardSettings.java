package org.diffusionnft.rewards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * One reward's settings in a configuration: a number, its weight, or {@code weight} and the other
 * options of the reward, such as the address of a service.
 *
 * @param weight the factor on its scores; with 0 it is only reported
 * @param options the other keys with their unparsed values
 */
public record RewardSettings(double weight, SequencedMap<String, String> options) {
  /** The key of the weight. */
  public static final String WEIGHT = "weight";

  /** The key that names the registered reward; without it, the reward's own name is used. */
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

  /** Whether a weight is representable as a float, since weighted sums are rounded to floats. */
  public static boolean isWeight(double weight) {
    return Float.isFinite((float) weight);
  }

  /** Settings with only a weight. */
  public static RewardSettings of(double weight) {
    return new RewardSettings(weight, new LinkedHashMap<>());
  }

  /** Rewards of weight 1 without options. */
  public static SequencedMap<String, RewardSettings> named(List<String> names) {
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    names.forEach(name -> settings.put(name, of(1)));
    return settings;
  }

  /** Rewards with a weight each and no options. */
  public static SequencedMap<String, RewardSettings> weights(Map<String, Double> weights) {
    SequencedMap<String, RewardSettings> settings = new LinkedHashMap<>();
    weights.forEach((name, weight) -> settings.put(name, of(weight)));
    return settings;
  }
}
