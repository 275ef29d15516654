package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.JsonLines;

/**
 * One HTML file that shows runs and needs nothing else: data, pictures, styles and the charts'
 * library (uPlot) are inside.
 */
public final class ReportPage {
  private static final String LIBRARY = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

  private ReportPage() {}

  /**
   * Writes the page.
   *
   * @param runs folders of runs, compared with each other where there are several
   * @throws org.diffusionnft.weights.io.InvalidFileException if a folder holds no run
   */
  public static void write(Path file, List<Path> runs) throws IOException {
    AtomicFile.write(file, html(data(runs), false));
  }

  /** What the page shows, as JSON. */
  static String data(List<Path> runs) throws IOException {
    ObjectNode json = JsonLines.JSON.createObjectNode();
    ArrayNode all = json.putArray("runs");
    for (Path run : runs) {
      all.add(RunSummary.of(run));
    }
    return json.toString();
  }

  /**
   * The page.
   *
   * @param live whether it asks for new data every few seconds
   */
  static String html(String data, boolean live) throws IOException {
    return resource("report.html")
        .replace("/*STYLE*/", library("uPlot.min.css") + resource("report.css"))
        .replace("/*LIVE*/", String.valueOf(live))
        .replace("/*LIBRARY*/", library("uPlot.iife.min.js"))
        .replace("/*SCRIPT*/", resource("report.js"))
        // last, and such that no text of a prompt ends the script that it stands in
        .replace("/*DATA*/", data.replace("<", "\\u003c"));
  }

  private static String library(String name) throws IOException {
    return read(ReportPage.class.getResourceAsStream(LIBRARY + name), LIBRARY + name);
  }

  private static String resource(String name) throws IOException {
    return read(ReportPage.class.getResourceAsStream(name), name);
  }

  private static String read(@org.jspecify.annotations.Nullable InputStream stream, String name)
      throws IOException {
    if (stream == null) {
      throw new IllegalStateException(name + " is missing in this build");
    }
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
