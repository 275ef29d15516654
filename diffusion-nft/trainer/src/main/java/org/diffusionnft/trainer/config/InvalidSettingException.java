package org.diffusionnft.trainer.config;

import org.diffusionnft.tensor.InvalidInputException;

/** A value that is invalid for a setting, thrown where its file and line are not yet known. */
public final class InvalidSettingException extends InvalidInputException {
  private static final long serialVersionUID = 1;

  private static final double LEAST = 1e-37;
  private static final double MOST = 1e37;

  private final String key;

  /**
   * Names the setting.
   *
   * @param key last part of its key
   * @param complaint what is wrong with it, as a continuation of the key: {@code must be at least
   *     1, not 0}
   */
  public InvalidSettingException(String key, String complaint) {
    super(key + " " + complaint);
    this.key = key;
  }

  /** Last part of the setting's key. */
  public String key() {
    return key;
  }

  /** What is wrong, as a continuation of the key. */
  public String complaint() {
    return String.valueOf(getMessage()).substring(key.length() + 1);
  }

  /** Checks a value: {@code require("steps", steps, steps > 0, "above 0")}. */
  static void require(String key, Object value, boolean valid, String expected) {
    if (!valid) {
      throw new InvalidSettingException(key, "must be " + expected + ", not " + value);
    }
  }

  /**
   * Checks that a number is above 0 and representable as a float, the type that computations use.
   */
  static void requirePositive(String key, double value) {
    require(key, value, value > 0, "a number above 0");
    require(key, value, value >= LEAST && value <= MOST, "a number from 1e-37 to 1e37");
  }

  /** Checks that a number is 0, or above 0 and representable as a float. */
  static void requireNotNegative(String key, double value) {
    require(key, value, value >= 0, "a number of at least 0");
    require(
        key, value, value == 0 || (value >= LEAST && value <= MOST), "0, or from 1e-37 to 1e37");
  }

  /** Checks that a whole number is in a range, both ends included. */
  static void requireWithin(String key, long value, long least, long most) {
    require(
        key,
        value,
        value >= least && value <= most,
        value < least ? "at least " + least : "at most " + most);
  }
}
