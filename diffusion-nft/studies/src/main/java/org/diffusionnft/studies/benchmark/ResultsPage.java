package org.diffusionnft.studies.benchmark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.reports.DocumentPage;

/** The results as one self-contained HTML page. */
final class ResultsPage {
  private final BenchmarkRun run;
  private final Results results;

  ResultsPage(BenchmarkRun run, Results results) {
    this.run = run;
    this.results = results;
  }

  String html(byte[] sheet) throws IOException {
    BenchmarkSettings settings = run.settings();
    DocumentPage page = new DocumentPage("Evaluation: " + run.benchmark().name());
    page.paragraph(
        ("%d pictures by each of %d policies, one for each line of the benchmark, of %d different"
                + " prompts. %d steps of %s, guidance %s, precision %s. Prompts and noise are the"
                + " same for all. Means are over pictures; intervals are 95 %%, and know that"
                + " pictures of one prompt belong together.")
            .formatted(
                results.prompts().size(),
                results.policies().size(),
                results.differentPrompts(),
                settings.sampling().steps(),
                settings.sampling().solver(),
                settings.sampling().isGuided() ? settings.sampling().guidanceScale() : "none",
                settings.sampling().precision().option()));
    page.heading("Mean scores").table(ResultsText.scoreHead(results), ResultsText.scores(results));
    if (results.policies().size() > 1) {
      page.heading("More than " + results.policies().getFirst().name())
          .paragraph(
              "Picture by picture on the same prompt and noise, which says more than two means do:"
                  + " an interval without 0 is a difference. In brackets: the share of pictures"
                  + " that score more, and less.")
          .table(ResultsText.scoreHead(results), ResultsText.differences(results));
    }
    if (!results.categories().isEmpty()) {
      List<String> head = new ArrayList<>(List.of(""));
      results.policies().forEach(p -> head.add(p.name()));
      for (String reward : results.rewards()) {
        page.heading(reward + " by kind of prompt")
            .table(head, ResultsText.categories(results, reward));
      }
    }
    paper(page);
    page.heading("The first pictures").image("pictures of all policies side by side", sheet);
    return page.heading("How").preformatted(run.toJson().toPrettyString()).html();
  }

  /** The paper's table next to the measured scores, if they are comparable. */
  private void paper(DocumentPage page) throws IOException {
    PaperTable paper = PaperTable.read();
    List<String> columns = paper.columns(results.rewards());
    if (columns.isEmpty()) {
      return;
    }
    List<String> head = new ArrayList<>(List.of(""));
    columns.forEach(c -> head.add(paper.scale(c) == 1 ? c : c + " x " + (int) paper.scale(c)));
    List<List<String>> rows = new ArrayList<>();
    for (Policy policy : results.policies()) {
      List<String> row = new ArrayList<>(List.of("here: " + policy.name()));
      columns.forEach(c -> row.add(paper.text(c, results.mean(policy, c).mean())));
      rows.add(row);
    }
    rows.addAll(paper.rows(columns));
    page.heading("Beside the paper")
        .paragraph(
            "Table 1 of arXiv 2509.16117: GenEval and OCR on their own test prompts, the others on"
                + " DrawBench, 512 by 512 pixels, 40 steps of a first-order sampler. Compare what"
                + " was made in the same way only.")
        .table(head, rows);
  }
}
