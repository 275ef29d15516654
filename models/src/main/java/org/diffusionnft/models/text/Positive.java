package org.diffusionnft.models.text;

import org.diffusionnft.tensor.InvalidInputException;

/** The check that every dimension of a configuration needs. */
final class Positive {
  private static final int LARGEST = 1 << 24;

  private Positive() {}

  static void require(String field, int value) {
    if (value < 1 || value > LARGEST) {
      throw new InvalidInputException(field + " is " + value + " but must be from 1 to " + LARGEST);
    }
  }
}
