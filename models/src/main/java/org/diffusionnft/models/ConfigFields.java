package org.diffusionnft.models;

import org.diffusionnft.tensor.InvalidInputException;

/** Checks of fields that many configurations share, named as in {@code config.json}. */
public final class ConfigFields {
  private static final int LARGEST = 1 << 24;
  private static final int MOST_LAYERS = 1000;

  private ConfigFields() {}

  /**
   * Checks a dimension.
   *
   * @throws InvalidInputException unless it is from 1 to 2^24
   */
  public static void require(String field, int value) {
    if (value < 1 || value > LARGEST) {
      throw new InvalidInputException(field + " is " + value + " but must be from 1 to " + LARGEST);
    }
  }

  /**
   * Checks a number of layers: a layout names every layer before any tensor is looked up.
   *
   * @throws InvalidInputException unless it is from 1 to 1000
   */
  public static void requireLayers(String field, int value) {
    if (value < 1 || value > MOST_LAYERS) {
      throw new InvalidInputException(
          field + " is " + value + " but must be from 1 to " + MOST_LAYERS);
    }
  }

  /**
   * Checks the epsilon added to variances.
   *
   * @throws InvalidInputException unless it is above 0 and below 1
   */
  public static void requireEps(String field, double value) {
    if (!(value > 0 && value < 1)) {
      throw new InvalidInputException(field + " is " + value + " but must be above 0 and below 1");
    }
  }

  /**
   * Checks that a width can be split into equal parts.
   *
   * @throws InvalidInputException unless it is a multiple of their number
   */
  public static void requireMultiple(String field, int value, String ofField, int of) {
    if (value % of != 0) {
      throw new InvalidInputException(
          "%s %d is no multiple of %s %d".formatted(field, value, ofField, of));
    }
  }
}
