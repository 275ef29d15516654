package org.diffusionnft.rewards.geneval;

import java.util.List;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.tensor.InvalidInputException;

/** Names the colors of objects. */
public interface ColorNamer extends AutoCloseable {

  /**
   * A color for each object.
   *
   * @param objects all of one label
   */
  List<String> colors(Pixels picture, List<DetectedObject> objects, String label);

  @Override
  default void close() {}

  /** What the detector itself said. */
  static ColorNamer asDetected() {
    return (_, objects, label) ->
        objects.stream()
            .map(
                object -> {
                  String color = object.color();
                  if (color == null) {
                    throw new InvalidInputException(
                        "the prompt asks for the color of a "
                            + label
                            + ", but the detector names none: let it answer 'color' too, or give"
                            + " the reward a colorModel");
                  }
                  return color;
                })
            .toList();
  }
}
