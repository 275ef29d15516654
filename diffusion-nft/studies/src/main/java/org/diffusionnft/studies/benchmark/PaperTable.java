package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Table 1 of the paper (arXiv 2509.16117), from {@code paper-table-1.json}. */
final class PaperTable {
  private static final String FILE = "paper-table-1.json";

  private final JsonNode table;

  private PaperTable(JsonNode table) {
    this.table = table;
  }

  static PaperTable read() throws IOException {
    try (InputStream in = PaperTable.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its resource " + FILE);
      }
      return new PaperTable(new ObjectMapper().readTree(in));
    }
  }

  /** The given rewards that the paper's table has, in its order. */
  List<String> columns(List<String> rewards) {
    return rewards.stream().filter(reward -> table.path("scale").has(reward)).toList();
  }

  /** The factor that converts our score to the paper's scale. */
  double scale(String reward) {
    return table.path("scale").path(reward).asDouble();
  }

  /** A row for each model of the paper: its name, iterations, scores. */
  List<List<String>> rows(List<String> columns) {
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode model : table.path("models")) {
      List<String> row = new ArrayList<>();
      row.add(model.path("name").asText());
      columns.forEach(reward -> row.add(model.path("scores").path(reward).asText()));
      rows.add(row);
    }
    return rows;
  }

  /** Our score in the paper's format. */
  String text(String reward, double mean) {
    return String.format(Locale.ROOT, "%.3f", scale(reward) * mean);
  }
}
