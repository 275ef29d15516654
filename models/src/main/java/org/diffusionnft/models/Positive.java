package org.diffusionnft.models;

import org.diffusionnft.tensor.InvalidInputException;

/** The check that every dimension of a configuration needs. */
public final class Positive {
  private static final int LARGEST = 1 << 24;
  private static final int MOST_LAYERS = 1000;

  private Positive() {}

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
   * Checks a number of layers: a layout names every one before any tensor is looked for.
   *
   * @throws InvalidInputException unless it is from 1 to 1000
   */
  public static void requireLayers(String field, int value) {
    if (value < 1 || value > MOST_LAYERS) {
      throw new InvalidInputException(
          field + " is " + value + " but must be from 1 to " + MOST_LAYERS);
    }
  }
}
