package org.diffusionnft.rewards;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.io.PlainNumber;

/**
 * A reward's options, read while it is opened. A provider asks for each key that it knows, then
 * calls {@link #refuseOthers}, so that a misspelt key is an error and not a default.
 */
public final class RewardOptions {
  private final String reward;
  private final Map<String, String> values;
  private final Set<String> known = new TreeSet<>();

  /**
   * @param reward the reward's name in the configuration, for messages
   * @param values the options, without {@code weight} and {@code type}
   */
  public RewardOptions(String reward, Map<String, String> values) {
    this.reward = reward;
    this.values = new LinkedHashMap<>(values);
  }

  /** No options. */
  public static RewardOptions none(String reward) {
    return new RewardOptions(reward, Map.of());
  }

  /** The reward's name in the configuration. */
  public String reward() {
    return reward;
  }

  /** A text, if given. */
  public Optional<String> text(String key) {
    known.add(key);
    return Optional.ofNullable(values.get(key));
  }

  /** A text with a default. */
  public String text(String key, String orElse) {
    return text(key).orElse(orElse);
  }

  /**
   * A required text.
   *
   * @param what a description for the message
   * @throws InvalidInputException if it is missing
   */
  public String require(String key, String what) {
    return text(key)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "reward '%s' needs '%s', %s: write it under rewards.%s in the configuration"
                        .formatted(reward, key, what, reward)));
  }

  /** A file or folder, if given. */
  public Optional<Path> path(String key) {
    return text(key).map(Path::of);
  }

  /**
   * A number.
   *
   * @throws InvalidInputException if it is not a number or out of range
   */
  public double number(String key, double orElse, double least, double most) {
    Optional<String> text = text(key);
    if (text.isEmpty()) {
      return orElse;
    }
    double value = Double.NaN;
    try {
      value = PlainNumber.isOctal(text.get()) ? Double.NaN : PlainNumber.parse(text.get());
    } catch (NumberFormatException _) {
      // NaN is outside every range
    }
    if (!(value >= least && value <= most)) {
      throw new InvalidInputException(
          "rewards.%s.%s must be a number from %s to %s, not '%s'"
              .formatted(reward, key, least, most, text.get()));
    }
    return value;
  }

  /**
   * A whole number of at least 1.
   *
   * @throws InvalidInputException if it is not
   */
  public int count(String key, int orElse) {
    double value = number(key, orElse, 1, Integer.MAX_VALUE);
    if (value != Math.rint(value)) {
      throw new InvalidInputException(
          "rewards.%s.%s must be a whole number, not %s".formatted(reward, key, value));
    }
    return (int) value;
  }

  /**
   * The reward's own device, to be closed by the caller: the one that {@code device} names, or the
   * preferred one. The trainer's device is bound to the training thread.
   */
  public Device openDevice() {
    DeviceOptions threads = DeviceOptions.defaults();
    return text("device")
        .map(name -> Devices.open(name, threads))
        .orElseGet(() -> Devices.openDefault(threads));
  }

  /** A time in seconds, above 0 and at most a day. */
  public Duration seconds(String key, double orElse) {
    return Duration.ofMillis(Math.round(1000 * number(key, orElse, 0.001, 86_400)));
  }

  /**
   * {@code true} or {@code false}.
   *
   * @throws InvalidInputException if it is neither
   */
  public boolean flag(String key, boolean orElse) {
    String text = text(key, Boolean.toString(orElse));
    if (!text.equals("true") && !text.equals("false")) {
      throw new InvalidInputException(
          "rewards.%s.%s must be true or false, not '%s'".formatted(reward, key, text));
    }
    return Boolean.parseBoolean(text);
  }

  /**
   * Ends the reading of options.
   *
   * @throws InvalidInputException if there are keys that were not read
   */
  public void refuseOthers() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw new InvalidInputException(
            "unknown key rewards.%s.%s: %s"
                .formatted(
                    reward,
                    key,
                    known.isEmpty()
                        ? "this reward has only a weight"
                        : "known are weight, type, " + String.join(", ", known)));
      }
    }
  }
}
