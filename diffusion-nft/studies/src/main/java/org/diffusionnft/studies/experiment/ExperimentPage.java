package org.diffusionnft.studies.experiment;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.studies.experiment.Curve.Cost;

/** An experiment as one HTML page that needs nothing else: curves, table, ratios, settings. */
final class ExperimentPage {
  private static final String STYLE =
      """
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
        color: #202020; }
      table { border-collapse: collapse; margin: 1rem 0; }
      th, td { border: 1px solid #d0d0d0; padding: .3rem .7rem; text-align: left; }
      code { white-space: pre-wrap; } td.n { text-align: right; white-space: nowrap; }
      img { max-width: 100%; } pre { background: #f4f4f4; padding: .7rem; overflow-x: auto; }
      """;

  private final ExperimentRun run;
  private final ExperimentRun.Results results;
  private final String command;
  private final StringBuilder html = new StringBuilder();

  ExperimentPage(ExperimentRun run, ExperimentRun.Results results, String command) {
    this.run = run;
    this.results = results;
    this.command = command;
  }

  String html() throws IOException {
    Experiment experiment = run.experiment();
    html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<link rel=\"icon\" href=\"data:,\">\n<title>")
        .append(escaped(experiment.name()))
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head><body>\n");
    tag("h1", experiment.question());
    tag(
        "p",
        String.format(
            Locale.ROOT,
            "%d epochs of %d samples, seeds %s, strict score on %d held-out prompts of ShapesWorld,"
                + " sampled without guidance. Intervals are 95 %% of Student's distribution over"
                + " seeds. The base model scores %.1f %%, with guidance %.1f %%.",
            run.base().epochs(),
            run.base().prompts().imagesPerEpoch(),
            String.join(", ", run.seeds().stream().map(String::valueOf).toList()),
            run.base().evaluation().prompts(),
            100 * results.baseScore(),
            100 * results.guidedScore()));
    tag("p", "The paper: " + experiment.expectation());
    scores();
    ratios();
    for (Cost cost : Cost.values()) {
      tag("h2", "Score by " + cost.title());
      html.append("<img alt=\"strict score by ")
          .append(cost.title())
          .append("\" src=\"data:image/png;base64,")
          .append(Base64.getEncoder().encodeToString(CurveImage.png(results, cost)))
          .append("\">\n");
    }
    settings();
    return html.append("</body></html>\n").toString();
  }

  private void scores() {
    tag("h2", "What was measured");
    html.append("<table><tr><th></th><th>final score, %</th><th>best score, %</th>")
        .append("<th>optimizer steps</th><th>seconds</th><th>processor seconds</th></tr>\n");
    results
        .curves()
        .forEach(
            (arm, curves) ->
                row(
                    arm.title(),
                    interval(curves.stream().mapToDouble(c -> c.last().score()).toArray(), 100, 1),
                    interval(curves.stream().mapToDouble(Curve::best).toArray(), 100, 1),
                    Long.toString(curves.getFirst().last().steps()),
                    used(curves, Cost.SECONDS),
                    used(curves, Cost.PROCESSOR_SECONDS)));
    html.append("</table>\n");
  }

  private void ratios() {
    Map.Entry<Arm, List<Curve>> first = results.curves().firstEntry();
    String own = first.getKey().title();
    tag("h2", "Cost of equal scores, over that of " + own);
    tag(
        "p",
        "For each seed the score is the lower of the two best ones; a ratio above 1 means that "
            + own
            + " needs less.");
    html.append("<table><tr><th></th><th>score, %</th>");
    for (Cost cost : Cost.values()) {
      html.append("<th>").append(cost.title()).append("</th>");
    }
    html.append("</tr>\n");
    results
        .curves()
        .forEach(
            (arm, curves) -> {
              if (!arm.equals(first.getKey())) {
                ratiosOf(arm, EqualScore.of(first.getValue(), curves));
              }
            });
    html.append("</table>\n");
  }

  private void ratiosOf(Arm arm, EqualScore equal) {
    if (equal.ratios().isEmpty()) {
      html.append("<tr><td>")
          .append(escaped(arm.title()))
          .append("</td><td colspan=\"")
          .append(1 + Cost.values().length)
          .append(
              "\">nothing to compare: with some seed one never rose above the base</td></tr>\n");
      return;
    }
    List<String> cells = new ArrayList<>(List.of(arm.title(), equal.score().text(100, 1)));
    equal.ratios().forEach(ratio -> cells.add(ratio.text(1, 2)));
    row(cells.toArray(String[]::new));
  }

  private static String used(List<Curve> curves, Cost cost) {
    return interval(curves.stream().mapToDouble(c -> c.last().used(cost)).toArray(), 1, 0);
  }

  private void settings() {
    tag("h2", "How");
    tag("pre", command);
    html.append("<table><tr><th></th><th>settings that differ</th></tr>\n");
    for (Arm arm : run.experiment().arms()) {
      html.append("<tr><td>")
          .append(escaped(arm.title()))
          .append("</td><td><code>")
          .append(arm.changes().isBlank() ? "none" : escaped(arm.changes().strip()))
          .append("</code></td></tr>\n");
    }
    html.append("</table>\n");
    tag(
        "p",
        "Java "
            + Runtime.version()
            + ", "
            + System.getProperty("os.arch")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors. Settings that all share:");
    tag("pre", run.base().toYaml());
  }

  private static String interval(double[] values, double factor, int digits) {
    return MeanInterval.of(values).text(factor, digits);
  }

  private void row(String... cells) {
    html.append("<tr>");
    for (int i = 0; i < cells.length; i++) {
      html.append(i == 0 ? "<td>" : "<td class=\"n\">").append(escaped(cells[i])).append("</td>");
    }
    html.append("</tr>\n");
  }

  private void tag(String name, String text) {
    html.append('<').append(name).append('>').append(escaped(text));
    html.append("</").append(name).append(">\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
