package org.diffusionnft.trainer.config;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.SequencedMap;
import org.diffusionnft.rewards.RewardSettings;

/**
 * One mapping of a configuration while a record is built from it. Each settings record names its
 * keys once, in a function that takes the defaults and asks for every key: {@link ReadKeys} answers
 * with the values of a file, {@link WriteKeys} records the defaults.
 */
interface Keys {

  /** A whole number. */
  long integer(String key, long value);

  /** A whole number that has no default and is never written. */
  OptionalInt optionalInteger(String key);

  /** A number. */
  double number(String key, double value);

  /** {@code true} or {@code false}. */
  boolean flag(String key, boolean value);

  /** A text. */
  String text(String key, String value);

  /** A list of texts. */
  List<String> texts(String key, List<String> value);

  /** Rewards by name; the reader does not know the names. */
  SequencedMap<String, RewardSettings> rewards(
      String key, SequencedMap<String, RewardSettings> value);

  /**
   * A list of stages.
   *
   * @param run all other settings of the run, the defaults of each stage
   */
  List<Stage> stages(String key, List<Stage> value, TrainConfig run);

  /** A mapping inside this one. */
  <T> T section(String key, T value, Binding<T> binding);

  /** Whether a key has a value. */
  boolean says(String key);

  /** {@link #integer} that fits an {@code int}. */
  default int count(String key, int value) {
    long number = integer(key, value);
    InvalidSettingException.require(
        key, number, (int) number == number, "at most " + Integer.MAX_VALUE);
    return (int) number;
  }

  /** One of the constants of an enum, in lower case. */
  default <E extends Enum<E>> E choice(String key, E value) {
    String name = text(key, value.name().toLowerCase(Locale.ROOT));
    E[] constants = value.getDeclaringClass().getEnumConstants();
    for (E constant : constants) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(name)) {
        return constant;
      }
    }
    List<String> names =
        List.of(constants).stream().map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
    throw new InvalidSettingException(
        key, "must be one of " + String.join(", ", names) + ", not '" + name + "'");
  }

  /** Builds a record from its keys and its defaults. */
  @FunctionalInterface
  interface Binding<T> {
    /** The record with the values that {@code keys} have, and the {@code defaults} otherwise. */
    T bind(Keys keys, T defaults);
  }
}
