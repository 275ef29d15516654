package org.diffusionnft.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.conformance.Verdict;
import org.diffusionnft.weights.io.AtomicFile;

/**
 * A device's results, for people (Markdown) and programs (JSON).
 *
 * @param device its name
 * @param rows one per kernel or golden case
 */
public record DeviceReport(String device, List<Verdict> rows) {

  /** Whether nothing failed. */
  public boolean passed() {
    return rows.stream().allMatch(r -> r.failed() == 0);
  }

  /** Whether a report's name has a known format: it ends with {@code .md} or {@code .json}. */
  public static boolean writable(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".md") || name.endsWith(".json");
  }

  /**
   * Writes the report, as Markdown or JSON by the file's name.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    AtomicFile.write(file, json ? json() : markdown());
  }

  private String json() throws JsonProcessingException {
    return new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
  }

  /** A table with one line for each kernel and case. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(device).append(passed() ? ": passed" : ": FAILED").append("\n\n");
    text.append("| kernel or case | checks | failed | largest error, of what is allowed |");
    text.append(" largest error | seconds |\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (Verdict r : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %.1f %% | %.2e | %.2f |\n",
              r.subject(),
              r.checks(),
              r.failed(),
              100 * r.worst(),
              r.maxError(),
              r.seconds()));
    }
    return text.toString();
  }
}
