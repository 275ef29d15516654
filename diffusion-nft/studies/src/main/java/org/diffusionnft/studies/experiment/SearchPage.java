package org.diffusionnft.studies.experiment;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.reports.DocumentPage;
import org.diffusionnft.shapes.evaluation.Score;

/** A search as one self-contained HTML page. */
record SearchPage(SearchRun run, List<SearchRun.Tried> tried, String command) {

  String html() throws IOException {
    DocumentPage page =
        new DocumentPage("Settings of " + run.space().method().title() + ", found at random");
    page.paragraph(
        String.format(
            Locale.ROOT,
            "%d settings drawn with seed %d, each trained for %d epochs of %d pictures and judged"
                + " by the strict score on %d held-out prompts at the end, with its 95 %% interval"
                + " over prompts. The best of many is partly luck: train it again with other seeds"
                + " before comparing it.",
            tried.size(),
            run.seed(),
            run.base().epochs(),
            run.base().prompts().imagesPerEpoch(),
            run.base().evaluation().prompts()));
    List<List<String>> rows = new ArrayList<>();
    for (SearchRun.Tried one : tried) {
      rows.add(
          List.of(
              Integer.toString(one.number()),
              one.failure().isEmpty() ? score(one.score()) : one.failure(),
              String.format(Locale.ROOT, "%.1f", 100 * one.best()),
              String.join("; ", one.values())));
    }
    page.heading("What was tried")
        .table(List.of("setting", "final score, %", "best score, %", "settings drawn"), rows);
    page.heading("What was drawn from")
        .table(
            List.of("", "values"),
            run.space().dimensions().stream()
                .map(d -> List.of(d.what(), String.join("; ", d.values())))
                .toList());
    return page.heading("How")
        .preformatted(command)
        .paragraph("The method: " + run.space().method().changes().replace("\n", "; "))
        .paragraph("Settings that all share:")
        .preformatted(run.base().toYaml())
        .html();
  }

  private String score(double strict) {
    int pictures = run.base().evaluation().prompts();
    return Score.interval(pictures, (int) Math.round(strict * pictures)).around(strict);
  }
}
