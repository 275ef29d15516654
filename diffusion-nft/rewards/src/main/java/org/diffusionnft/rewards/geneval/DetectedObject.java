package org.diffusionnft.rewards.geneval;

import java.util.BitSet;
import java.util.List;
import org.diffusionnft.models.mask2former.Instances;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * An object that a detector found.
 *
 * @param label its class, by its name in prompts
 * @param confidence 0 to 1
 * @param box left, top, right and bottom in pixels
 * @param color its color, if the detector reports one
 * @param mask the object's pixels in the picture, row by row, if the detector reports them
 */
public record DetectedObject(
    String label, double confidence, double[] box, @Nullable String color, @Nullable BitSet mask) {
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

  /**
   * An object that a network found.
   *
   * @param names of its classes
   */
  public static DetectedObject of(Instances.Instance found, List<String> names) {
    return new DetectedObject(
        names.get(found.label()),
        found.score(),
        found.mask().box().stream().mapToDouble(Integer::doubleValue).toArray(),
        null,
        found.mask().pixels());
  }

  /** An object without a mask. */
  public DetectedObject(String label, double confidence, double[] box, @Nullable String color) {
    this(label, confidence, box, color, null);
  }
}
