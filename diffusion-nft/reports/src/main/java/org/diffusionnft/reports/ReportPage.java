package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.StrictJson;

/**
 * One self-contained HTML file that shows runs: data, pictures, styles and the chart library
 * (uPlot) are embedded.
 */
public final class ReportPage {
  private ReportPage() {}

  /**
   * Writes the page.
   *
   * @param runs folders of runs; several are compared with each other
   * @throws org.diffusionnft.weights.io.InvalidFileException if a folder holds no run
   */
  public static void write(Path file, List<Path> runs) throws IOException {
    AtomicFile.write(file, around(false).with(data(runs)));
  }

  /** The page's data, as JSON. */
  static ObjectNode data(List<Path> runs) throws IOException {
    ObjectNode json = StrictJson.object();
    ArrayNode all = json.putArray("runs");
    for (Path run : runs) {
      all.add(RunSummary.of(run));
    }
    return json;
  }

  /**
   * The page around its data.
   *
   * @param live whether it polls for new data every few seconds
   */
  static PageTemplate.Filled around(boolean live) throws IOException {
    String library = PageTemplate.resource("uplot.folder").strip();
    String style = PageTemplate.resource(library + "uPlot.min.css");
    return PageTemplate.fill(
        PageTemplate.resource("report.html"),
        Map.of(
            "TITLE", "DiffusionNFT report",
            "STYLE", style + PageTemplate.resource("report.css"),
            "LIBRARY", PageTemplate.resource(library + "uPlot.iife.min.js"),
            "LIVE", String.valueOf(live),
            "SCRIPT", PageTemplate.resource("report.js")));
  }
}
