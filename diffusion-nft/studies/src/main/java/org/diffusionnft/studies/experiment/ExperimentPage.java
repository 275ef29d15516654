package org.diffusionnft.studies.experiment;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.reports.DocumentPage;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/** An experiment as one self-contained HTML page: curves, table, ratios, settings. */
final class ExperimentPage {
  private final ExperimentRun run;
  private final ExperimentRun.Results results;
  private final String command;
  private final DocumentPage page;

  ExperimentPage(ExperimentRun run, ExperimentRun.Results results, String command) {
    this.run = run;
    this.results = results;
    this.command = command;
    this.page = new DocumentPage(run.experiment().question());
  }

  String html() throws IOException {
    page.paragraph(
        String.format(
            Locale.ROOT,
            "%d %s of %d samples, %s %s, strict score on %d held-out prompts of ShapesWorld,"
                + " sampled without guidance. Intervals are 95 %% of Student's distribution over"
                + " seeds. The base model scores %.1f %%, with guidance %.1f %%.",
            run.base().epochs(),
            run.base().epochs() == 1 ? "epoch" : "epochs",
            run.base().prompts().imagesPerEpoch(),
            run.seeds().size() == 1 ? "seed" : "seeds",
            String.join(", ", run.seeds().stream().map(String::valueOf).toList()),
            run.base().evaluation().prompts(),
            100 * results.baseScore(),
            100 * results.guidedScore()));
    page.paragraph("The paper: " + run.experiment().expectation());
    rewards();
    scores();
    ratios();
    for (Cost cost : Cost.values()) {
      page.heading("Score by " + cost.title())
          .image("strict score by " + cost.title(), CurveImage.png(results, cost));
    }
    settings();
    return page.html();
  }

  private void rewards() {
    if (!results.rewards().base().isEmpty()) {
      page.heading("Rewards on held-out prompts")
          .paragraph(
              "Means over the pictures of the last evaluation, and their intervals over seeds; rose"
                  + " and fell say that the interval lies above or below the base.")
          .table(results.rewards().head(), results.rewards().rows());
    }
  }

  private void scores() {
    List<List<String>> rows = new ArrayList<>();
    results
        .curves()
        .forEach(
            (arm, curves) ->
                rows.add(
                    List.of(
                        arm.title(),
                        interval(
                            curves.stream().mapToDouble(c -> c.last().score()).toArray(), 100, 1),
                        interval(curves.stream().mapToDouble(Curve::best).toArray(), 100, 1),
                        Long.toString(curves.getFirst().last().steps()),
                        used(curves, Cost.SECONDS),
                        used(curves, Cost.PROCESSOR_SECONDS))));
    page.heading("What was measured")
        .table(
            List.of(
                "",
                "final score, %",
                "best score, %",
                "optimizer steps",
                "seconds",
                "processor seconds"),
            rows);
  }

  private void ratios() {
    Map.Entry<Arm, List<Curve>> first = results.curves().firstEntry();
    String own = first.getKey().title();
    List<String> head = new ArrayList<>(List.of("", "score, %"));
    Arrays.stream(Cost.values()).map(Cost::title).forEach(head::add);
    List<List<String>> rows = new ArrayList<>();
    results
        .curves()
        .forEach(
            (arm, curves) -> {
              if (!arm.equals(first.getKey())) {
                rows.add(ratiosOf(arm, EqualScore.of(first.getValue(), curves)));
              }
            });
    page.heading("Cost of equal scores, over that of " + own)
        .paragraph(
            "For each seed the score is the lower of the two best ones; a ratio above 1 means that "
                + own
                + " needs less.")
        .table(head, rows);
  }

  private static List<String> ratiosOf(Arm arm, EqualScore equal) {
    if (equal.ratios().isEmpty()) {
      return List.of(
          arm.title(), "nothing to compare: with some seed one never rose above the base");
    }
    List<String> cells = new ArrayList<>(List.of(arm.title(), equal.score().text(100, 1)));
    equal.ratios().forEach(ratio -> cells.add(ratio.text(1, 2)));
    return cells;
  }

  private static String used(List<Curve> curves, Cost cost) {
    return interval(curves.stream().mapToDouble(c -> c.last().used(cost)).toArray(), 1, 0);
  }

  private void settings() {
    List<List<String>> changes = new ArrayList<>();
    for (Arm arm : run.experiment().arms()) {
      changes.add(List.of(arm.title(), arm.changes().isBlank() ? "none" : arm.changes().strip()));
    }
    page.heading("How")
        .preformatted(command)
        .table(List.of("", "settings that differ"), changes)
        .paragraph(
            "Java "
                + Runtime.version()
                + ", "
                + System.getProperty("os.arch")
                + ", "
                + Runtime.getRuntime().availableProcessors()
                + " processors. Settings that all share:")
        .preformatted(run.base().toYaml());
  }

  private static String interval(double[] values, double factor, int digits) {
    return MeanInterval.of(values).text(factor, digits);
  }
}
