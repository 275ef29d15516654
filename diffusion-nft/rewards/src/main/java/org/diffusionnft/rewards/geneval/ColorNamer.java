package org.diffusionnft.rewards.geneval;

import java.util.List;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.tensor.InvalidInputException;

/** Names the colors of objects. */
public interface ColorNamer extends AutoCloseable {
  /** GenEval's colors, in its order. */
  List<String> COLORS =
      List.of(
          "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white");

  /**
   * A color for each object.
   *
   * @param objects all of one label
   */
  List<String> colors(Pixels picture, List<DetectedObject> objects, String label);

  /**
   * Checks, before any sampling, that it can answer what a prompt asks for.
   *
   * @throws InvalidInputException that says in one sentence why not
   */
  default void check(Demand demand) {}

  @Override
  default void close() {}

  /** Uses the colors that the detector reports. */
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

  /** Names no colors: prompts that ask for colors are rejected. */
  static ColorNamer none(String reward) {
    return new ColorNamer() {
      @Override
      public List<String> colors(Pixels picture, List<DetectedObject> objects, String label) {
        throw refused(label);
      }

      @Override
      public void check(Demand demand) {
        for (Demand.Clause clause : demand.include()) {
          if (clause.color() != null) {
            throw refused(clause.label());
          }
        }
      }

      private InvalidInputException refused(String label) {
        return new InvalidInputException(
            ("the prompt asks for the color of a %s, which CLIP names: get"
                    + " huggingface.co/openai/clip-vit-large-patch14 and name its folder with"
                    + " rewards.%s.colorModel")
                .formatted(label, reward));
      }
    };
  }
}
