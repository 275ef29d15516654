package org.diffusionnft.trainer.config;

import org.diffusionnft.tensor.InvalidInputException;

/** A value that a setting cannot have, before it is known in which file and line it stands. */
public final class InvalidSettingException extends InvalidInputException {
  private static final long serialVersionUID = 1;

  private final String key;

  /**
   * Names the setting.
   *
   * @param key last part of its key
   * @param complaint what is wrong with it, to follow the key: {@code must be at least 1, not 0}
   */
  public InvalidSettingException(String key, String complaint) {
    super(key + " " + complaint);
    this.key = key;
  }

  /** Last part of the setting's key. */
  public String key() {
    return key;
  }

  /** What is wrong, to follow the key. */
  public String complaint() {
    return String.valueOf(getMessage()).substring(key.length() + 1);
  }

  /** Checks a value: {@code require("steps", steps, steps > 0, "above 0")}. */
  static void require(String key, Object value, boolean valid, String expected) {
    if (!valid) {
      throw new InvalidSettingException(key, "must be " + expected + ", not " + value);
    }
  }

  /** Checks that a number is finite and above 0. */
  static void requirePositive(String key, double value) {
    require(key, value, value > 0 && !Double.isInfinite(value), "a number above 0");
  }

  /** Checks that a number is finite and at least 0. */
  static void requireNotNegative(String key, double value) {
    require(key, value, value >= 0 && !Double.isInfinite(value), "a number of at least 0");
  }
}
