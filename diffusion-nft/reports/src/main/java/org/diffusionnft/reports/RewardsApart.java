package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/**
 * Compares the rewards that a run is trained on with those that it is not, on held-out prompts,
 * with 95 % intervals, and says in words whether they diverge, which is the sign of reward hacking.
 */
final class RewardsApart {
  private static final int MOST_EVALUATIONS = 200;
  private static final int MOST_REWARDS = 24;

  private final HeldOutScores scores;
  private final List<String> names;
  private final int last;

  private RewardsApart(HeldOutScores scores) {
    this.scores = scores;
    this.names = scores.names().stream().limit(MOST_REWARDS).toList();
    this.last = scores.evaluations().size() - 1;
  }

  /**
   * Writes a page's data.
   *
   * @param lines of {@code held-out.jsonl}; nothing is written if there are none
   */
  static void write(ObjectNode json, List<JsonNode> lines, StagePlan plan) {
    if (!lines.isEmpty()) {
      List<JsonNode> some = RunSummary.spread(lines, MOST_EVALUATIONS);
      new RewardsApart(HeldOutScores.of(some, plan)).write(json.putObject("heldOut"));
    }
  }

  private void write(ObjectNode json) {
    json.put("pictures", scores.pictures(last));
    ArrayNode x = json.putArray("x");
    IntStream.rangeClosed(0, last).forEach(e -> x.add(scores.epoch(e)));
    ArrayNode words = json.putArray("words");
    words().forEach(words::add);
    ArrayNode all = json.putArray("rewards");
    names.forEach(name -> reward(all.addObject(), name));
  }

  private void reward(ObjectNode json, String name) {
    json.put("name", name);
    json.put("weight", Series.shortened(scores.weight(last, name)));
    interval(json.putObject("first"), scores.scores(scores.start(last), name));
    interval(json.putObject("last"), scores.scores(last, name));
    scores
        .change(last, name)
        .ifPresent(
            change ->
                json.putObject("change")
                    .put("mean", Series.shortened(change.mean()))
                    .put("half", Series.shortened(change.half()))
                    .put("gained", scores.gained(last, name))
                    .put("lost", scores.lost(last, name)));
    curve(json, name);
  }

  private static void interval(ObjectNode json, double[] values) {
    if (values.length > 1) {
      MeanInterval interval = MeanInterval.of(values);
      json.put("mean", Series.shortened(interval.mean()));
      json.put("half", Series.shortened(interval.half()));
    }
  }

  /**
   * A reward's change since the first evaluation, in standard deviations of that one's pictures, so
   * that all fit on one chart.
   */
  private void curve(ObjectNode json, String name) {
    ArrayNode middle = json.putArray("y");
    ArrayNode low = json.putArray("low");
    ArrayNode high = json.putArray("high");
    double[] first = scores.scores(0, name);
    double spread = first.length < 2 ? 0 : Math.sqrt(StatUtils.variance(first));
    for (int e = 0; e <= last; e++) {
      double[] now = scores.scores(e, name);
      if (now.length != first.length || spread == 0) {
        middle.addNull();
        low.addNull();
        high.addNull();
        continue;
      }
      double[] changes = new double[now.length];
      for (int i = 0; i < changes.length; i++) {
        changes[i] = (now[i] - first[i]) / spread;
      }
      MeanInterval change = MeanInterval.of(changes);
      middle.add(Series.shortened(change.mean()));
      low.add(Series.shortened(change.mean() - change.half()));
      high.add(Series.shortened(change.mean() + change.half()));
    }
  }

  /**
   * Whether the rewards diverge: a sentence for each that fell, or one that says why there is none.
   */
  private List<String> words() {
    if (last == 0) {
      return List.of("There is one evaluation so far: changes show from the second one on.");
    }
    if (names.stream().allMatch(name -> scores.weight(last, name) != 0)) {
      return List.of(
          "Every reward here is trained on. Name some in evaluation.rewards that are only measured,"
              + " to see what training costs.");
    }
    List<String> sentences = new ArrayList<>();
    for (String lost : names) {
      if (isApart(last, lost)) {
        sentences.add(sentence(lost));
      }
    }
    return sentences.isEmpty() ? List.of(together()) : sentences;
  }

  /** Whether a reward that is not trained on fell while a trained one rose. */
  private boolean isApart(int evaluation, String lost) {
    return scores.lost(evaluation, lost)
        && names.stream().anyMatch(name -> scores.gained(evaluation, name));
  }

  private String sentence(String lost) {
    int since = last;
    while (since > 0 && scores.start(since - 1) == scores.start(last) && isApart(since - 1, lost)) {
      since--;
    }
    List<String> gained =
        names.stream()
            .filter(name -> scores.gained(last, name))
            .map(name -> name + " " + moved(name))
            .toList();
    return "The rewards part: %s, trained on, while %s, not trained on, %s. So it is since epoch %d; changes are of %d held-out pictures since epoch %d, with 95 %% intervals."
        .formatted(
            String.join(", ", gained),
            lost,
            moved(lost),
            scores.epoch(since),
            scores.pictures(last),
            scores.epoch(scores.start(last)));
  }

  /** {@code rose by 0.11 ± 0.02}. */
  private String moved(String name) {
    MeanInterval change = scores.change(last, name).orElseThrow();
    return String.format(
        Locale.ROOT,
        "%s by %.3g ± %.2g",
        change.mean() < 0 ? "fell" : "rose",
        Math.abs(change.mean()),
        change.half());
  }

  private String together() {
    List<String> earlier =
        IntStream.range(1, last)
            .filter(e -> names.stream().anyMatch(name -> isApart(e, name)))
            .mapToObj(e -> String.valueOf(scores.epoch(e)))
            .toList();
    String epoch = "At epoch " + scores.epoch(last) + " the rewards do not part: ";
    return epoch
        + "no reward that is not trained on is significantly lower than at epoch "
        + scores.epoch(scores.start(last))
        + " while one that is trained on is higher."
        + (earlier.isEmpty() ? "" : " They did at epoch " + String.join(", ", earlier) + ".");
  }
}
