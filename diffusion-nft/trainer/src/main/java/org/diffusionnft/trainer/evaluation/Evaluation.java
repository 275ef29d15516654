package org.diffusionnft.trainer.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.images.Pixels;

/**
 * The results of an evaluation.
 *
 * @param summary for display, such as {@code strict score 41.3 %}
 * @param numbers for programs
 * @param prompts of the pictures that are shown
 * @param pictures some or all of those made, always of the same prompts
 * @param scores of these pictures
 * @param rewards each reward's unweighted scores of all pictures; empty if there are no rewards
 */
public record Evaluation(
    String summary,
    ObjectNode numbers,
    List<String> prompts,
    List<Pixels> pictures,
    List<Double> scores,
    SequencedMap<String, float[]> rewards) {
  /** Keeps copies of the lists. */
  public Evaluation {
    prompts = List.copyOf(prompts);
    pictures = List.copyOf(pictures);
    scores = List.copyOf(scores);
    rewards = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(rewards));
  }

  /** An evaluation without rewards. */
  public Evaluation(
      String summary,
      ObjectNode numbers,
      List<String> prompts,
      List<Pixels> pictures,
      List<Double> scores) {
    this(summary, numbers, prompts, pictures, scores, new LinkedHashMap<>());
  }
}
