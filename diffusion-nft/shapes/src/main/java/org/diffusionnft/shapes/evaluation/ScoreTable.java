package org.diffusionnft.shapes.evaluation;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.shapes.Category;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.Miss;
import org.diffusionnft.shapes.ShapesPrompt;

/** Scores of pictures by the category of their prompts. */
public final class ScoreTable {
  private final Map<Category, Score> scores = new EnumMap<>(Category.class);
  private final Map<Miss, Integer> misses = new EnumMap<>(Miss.class);

  private ScoreTable() {
    for (Category category : Category.values()) {
      scores.put(category, Score.NONE);
    }
    for (Miss miss : Miss.values()) {
      misses.put(miss, 0);
    }
  }

  /**
   * Judges pictures.
   *
   * @param prompts the prompts
   * @param images one picture per prompt, each of shape [3, SIZE, SIZE]
   */
  public static ScoreTable judge(List<ShapesPrompt> prompts, List<float[]> images) {
    if (prompts.size() != images.size()) {
      throw new IllegalArgumentException(
          prompts.size() + " prompts need as many images, not " + images.size());
    }
    ScoreTable table = new ScoreTable();
    for (int i = 0; i < images.size(); i++) {
      ShapesPrompt prompt = prompts.get(i);
      Judge.Verdict verdict = Judge.judge(prompt, images.get(i));
      table.scores.computeIfPresent(prompt.category(), (_, score) -> score.plus(verdict));
      if (verdict.miss() != null) {
        table.misses.merge(verdict.miss(), 1, Integer::sum);
      }
    }
    return table;
  }

  /** Scores by category, in the order of {@link Category}. */
  public Map<Category, Score> byCategory() {
    return Collections.unmodifiableMap(scores);
  }

  /**
   * The number of pictures for each reason to miss the strict score, in the order of {@link Miss}.
   */
  public Map<Miss, Integer> misses() {
    return Collections.unmodifiableMap(misses);
  }

  /** Of the position pictures with the right objects, the score for their positions. */
  public Score relation() {
    return scores.getOrDefault(Category.POSITION, Score.NONE).amongRightObjects();
  }

  /** The score of all pictures. */
  public Score total() {
    return scores.values().stream().reduce(Score.NONE, Score::plus);
  }
}
