package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/**
 * The rewards' scores of the pictures of each evaluation of a run. The noise is the same at every
 * evaluation, so changes are measured picture by picture.
 *
 * @param evaluations in order
 * @param plan of the run
 */
record HeldOutScores(List<Evaluation> evaluations, StagePlan plan) {
  private static final double[] NONE = {};

  /**
   * An evaluation.
   *
   * @param epoch epoch after which it was made
   * @param scores by reward, one number per picture
   */
  private record Evaluation(long epoch, SequencedMap<String, double[]> scores) {
    static Evaluation of(JsonNode line) {
      SequencedMap<String, double[]> scores = new LinkedHashMap<>();
      line.path("scores")
          .properties()
          .forEach(
              reward -> {
                double[] values = new double[reward.getValue().size()];
                Arrays.setAll(values, i -> reward.getValue().get(i).asDouble());
                scores.put(reward.getKey(), values);
              });
      return new Evaluation(line.path("epoch").asLong(), scores);
    }
  }

  /** Reads the lines of {@code held-out.jsonl}. */
  static HeldOutScores of(List<JsonNode> lines, StagePlan plan) {
    return new HeldOutScores(lines.stream().map(Evaluation::of).toList(), plan);
  }

  /** Names of all rewards. */
  SequencedSet<String> names() {
    SequencedSet<String> names = new LinkedHashSet<>();
    evaluations.forEach(evaluation -> names.addAll(evaluation.scores.keySet()));
    return names;
  }

  long epoch(int evaluation) {
    return evaluations.get(evaluation).epoch;
  }

  /** The number of pictures of an evaluation. */
  int pictures(int evaluation) {
    return evaluations.get(evaluation).scores.values().stream()
        .mapToInt(scores -> scores.length)
        .max()
        .orElse(0);
  }

  /** One number per picture; empty if the reward was not measured. */
  double[] scores(int evaluation, String reward) {
    return evaluations.get(evaluation).scores.getOrDefault(reward, NONE);
  }

  /** A reward's weight in the stage of an evaluation; 0 if it is not trained on. */
  double weight(int evaluation, String reward) {
    var settings = plan.after(epoch(evaluation)).config().rewards().get(reward);
    return settings == null ? 0 : settings.weight();
  }

  /**
   * The baseline of an evaluation's changes: the last evaluation before its stage began, or the
   * first of all.
   */
  int start(int evaluation) {
    long from = plan.after(epoch(evaluation)).from();
    int start = 0;
    for (int i = 0; i < evaluation; i++) {
      if (epoch(i) <= from) {
        start = i;
      }
    }
    return start;
  }

  /** The change of a reward since the baseline, if it was measured both times. */
  Optional<MeanInterval> change(int evaluation, String reward) {
    double[] before = scores(start(evaluation), reward);
    double[] now = scores(evaluation, reward);
    if (now.length < 2 || now.length != before.length || start(evaluation) == evaluation) {
      return Optional.empty();
    }
    double[] changes = new double[now.length];
    Arrays.setAll(changes, i -> now[i] - before[i]);
    return Optional.of(MeanInterval.of(changes));
  }

  /** Whether a reward is trained on and has changed in the direction of its weight. */
  boolean gained(int evaluation, String reward) {
    double weight = weight(evaluation, reward);
    return change(evaluation, reward)
        .filter(c -> Math.signum(weight) * c.mean() > c.half())
        .isPresent();
  }

  /** Whether a reward is not trained on and has fallen. */
  boolean lost(int evaluation, String reward) {
    return weight(evaluation, reward) == 0
        && change(evaluation, reward).filter(c -> c.mean() < -c.half()).isPresent();
  }
}
