package org.diffusionnft.rewards.geneval;

import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * An object that a detector found.
 *
 * @param label its class, as prompts name it
 * @param confidence 0 to 1
 * @param box left, top, right and bottom in pixels
 * @param color what the detector calls its color, if it says so
 */
public record DetectedObject(
    String label, double confidence, double[] box, @Nullable String color) {
  /**
   * Checks the box.
   *
   * @throws InvalidInputException if it is not four numbers
   */
  public DetectedObject {
    if (box.length != 4) {
      throw new InvalidInputException("a box has 4 numbers, not " + box.length);
    }
  }
}
