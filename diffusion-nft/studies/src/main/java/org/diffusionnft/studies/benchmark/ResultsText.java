package org.diffusionnft.studies.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/** The results as tables, for a page or a terminal. */
final class ResultsText {
  private static final String GAP = "   ";

  private ResultsText() {}

  /** The text for a terminal: means, then differences from the first policy. */
  static String of(Results results) {
    StringBuilder text = new StringBuilder(aligned(scoreHead(results), scores(results)));
    if (results.policies().size() > 1) {
      text.append("\n\nmore than ")
          .append(results.policies().getFirst().name())
          .append(", on the same prompts and noise:\n")
          .append(aligned(scoreHead(results), differences(results)));
    }
    return text.toString();
  }

  static List<String> scoreHead(Results results) {
    List<String> head = new ArrayList<>(List.of(""));
    head.addAll(results.rewards());
    return head;
  }

  static List<List<String>> scores(Results results) {
    return rows(results.policies(), results, (p, r) -> text(results.mean(p, r)));
  }

  /** The differences of all policies except the first. */
  static List<List<String>> differences(Results results) {
    return rows(
        results.policies().subList(1, results.policies().size()),
        results,
        (policy, reward) -> {
          Results.Difference difference = results.difference(policy, reward);
          return String.format(
              Locale.ROOT,
              "%s (better %.0f %%, worse %.0f %%)",
              signed(difference.mean()),
              100 * difference.better(),
              100 * difference.worse());
        });
  }

  static List<List<String>> categories(Results results, String reward) {
    List<List<String>> rows = new ArrayList<>();
    for (String category : results.categories()) {
      List<String> row = new ArrayList<>(List.of(category.isEmpty() ? "none" : category));
      results.policies().forEach(p -> row.add(text(results.mean(p, reward, category))));
      rows.add(row);
    }
    List<String> last = new ArrayList<>(List.of("mean of categories"));
    for (Policy policy : results.policies()) {
      double mean =
          results.categories().stream()
              .mapToDouble(c -> results.mean(policy, reward, c).mean())
              .average()
              .orElseThrow();
      last.add(String.format(Locale.ROOT, "%.4f", mean));
    }
    rows.add(last);
    return rows;
  }

  private interface Cell {
    String of(Policy policy, String reward);
  }

  private static List<List<String>> rows(List<Policy> policies, Results results, Cell cell) {
    List<List<String>> rows = new ArrayList<>();
    for (Policy policy : policies) {
      List<String> row = new ArrayList<>(List.of(policy.name()));
      results.rewards().forEach(reward -> row.add(cell.of(policy, reward)));
      rows.add(row);
    }
    return rows;
  }

  private static String text(MeanInterval interval) {
    String mean = String.format(Locale.ROOT, "%.4f", interval.mean());
    return Double.isNaN(interval.half())
        ? mean
        : mean + String.format(Locale.ROOT, " ± %.4f", interval.half());
  }

  private static String signed(MeanInterval interval) {
    return (interval.mean() > 0 ? "+" : "") + text(interval);
  }

  private static String aligned(List<String> head, List<List<String>> rows) {
    List<List<String>> all = new ArrayList<>(List.of(head));
    all.addAll(rows);
    int[] widths = new int[head.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(i == 0 ? "" : GAP)
            .append(String.format("%" + (i == 0 ? "-" : "") + widths[i] + "s", row.get(i)));
      }
      lines.add(line.toString());
    }
    return String.join("\n", lines);
  }
}
