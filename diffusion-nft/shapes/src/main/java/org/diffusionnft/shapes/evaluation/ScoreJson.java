package org.diffusionnft.shapes.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.diffusionnft.weights.io.StrictJson;

/** Scores as JSON: the strict score in total and by category. */
public final class ScoreJson {
  private ScoreJson() {}

  /** {@code {"total": 0.31, "single_object": 0.55, ..}}, rounded to four digits. */
  public static ObjectNode of(ScoreTable table) {
    ObjectNode json = StrictJson.object();
    json.put("total", rounded(table.total()));
    table
        .byCategory()
        .forEach(
            (category, score) -> {
              if (score.samples() > 0) {
                json.put(category.key(), rounded(score));
              }
            });
    return json;
  }

  private static double rounded(Score score) {
    return Math.round(score.strict() * 1e4) / 1e4;
  }
}
