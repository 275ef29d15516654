package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;

/** Lines of numbers as columns, thinned out if there are more than a chart can show. */
final class Series {
  /** Maximum number of points of a line: about twice a chart's width. */
  static final int MOST = 1500;

  private static final double DIGITS = 1e6;

  private Series() {}

  /**
   * Writes {@code {"x": [epochs], "y": {key: [values]}}}. Points that combine several epochs are
   * their mean; missing values are null.
   */
  static ObjectNode of(List<JsonNode> lines) {
    ObjectNode json = StrictJson.object();
    ArrayNode x = json.putArray("x");
    ObjectNode columns = json.putObject("y");
    List<Map<String, Double>> rows = new ArrayList<>();
    lines.forEach(line -> rows.add(JsonLines.numbers("", line)));
    SequencedSet<String> keys = new java.util.LinkedHashSet<>();
    rows.forEach(row -> keys.addAll(row.keySet()));
    keys.remove("epoch");
    keys.forEach(columns::putArray);
    int step = Math.max(1, (rows.size() + MOST - 1) / MOST);
    for (int first = 0; first < rows.size(); first += step) {
      List<Map<String, Double>> part = rows.subList(first, Math.min(first + step, rows.size()));
      x.add(Math.round(part.getLast().getOrDefault("epoch", 0.0)));
      for (String key : keys) {
        double[] values =
            part.stream()
                .filter(row -> row.containsKey(key))
                .mapToDouble(row -> row.getOrDefault(key, 0.0))
                .toArray();
        ArrayNode column = (ArrayNode) columns.path(key);
        if (values.length == 0) {
          column.addNull();
        } else {
          column.add(shortened(java.util.Arrays.stream(values).sum() / values.length));
        }
      }
    }
    return json;
  }

  /** Rounds to six significant digits. */
  static double shortened(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return Double.isFinite(value) ? value : 0;
    }
    double scale = Math.pow(10, Math.floor(Math.log10(Math.abs(value))));
    return Math.rint(value / scale * DIGITS / 10) * 10 / DIGITS * scale;
  }
}
