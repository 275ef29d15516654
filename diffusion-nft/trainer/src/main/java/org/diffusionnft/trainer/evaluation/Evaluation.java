package org.diffusionnft.trainer.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.diffusionnft.images.Pixels;

/**
 * What an evaluation found.
 *
 * @param summary for people, such as {@code strict score 41.3 %}
 * @param numbers for programs
 * @param prompts of the pictures that are shown
 * @param pictures some or all that were made, always of the same prompts
 * @param scores of these pictures
 */
public record Evaluation(
    String summary,
    ObjectNode numbers,
    List<String> prompts,
    List<Pixels> pictures,
    List<Double> scores) {
  /** Keeps copies of the lists. */
  public Evaluation {
    prompts = List.copyOf(prompts);
    pictures = List.copyOf(pictures);
    scores = List.copyOf(scores);
  }
}
