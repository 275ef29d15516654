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
 * What rewards gave the pictures of each evaluation of a run. The pictures' noise is the same at
 * every evaluation, so a change is measured picture by picture.
 *
 * @param evaluations in order
 * @param plan of the run
 */
record HeldOutScores(List<Evaluation> evaluations, StagePlan plan) {
  private static final double[] NONE = {};

  /**
   * An evaluation.
   *
   * @param epoch after which it was made
   * @param scores by reward, a number for each picture
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

  /** From the lines of {@code held-out.jsonl}. */
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

  /** How many pictures an evaluation has. */
  int pictures(int evaluation) {
    return evaluations.get(evaluation).scores.values().stream()
        .mapToInt(scores -> scores.length)
        .max()
        .orElse(0);
  }

  /** A number for each picture; none if the reward was not asked. */
  double[] scores(int evaluation, String reward) {
    return evaluations.get(evaluation).scores.getOrDefault(reward, NONE);
  }

  /** By what a reward is multiplied in what an evaluation's stage maximises; 0 if not at all. */
  double weight(int evaluation, String reward) {
    var settings = plan.after(epoch(evaluation)).config().rewards().get(reward);
    return settings == null ? 0 : settings.weight();
  }

  /**
   * The evaluation that changes of another one are measured from: the last one before its stage
   * began, or the first of all.
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

  /** By how much a reward is higher than at the start, if it was asked both times. */
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

  /** Whether a reward is trained on, and has gone where its weight pulls. */
  boolean gained(int evaluation, String reward) {
    double weight = weight(evaluation, reward);
    return change(evaluation, reward)
        .filter(c -> Math.signum(weight) * c.mean() > c.half())
        .isPresent();
  }

  /** Whether a reward is not trained on, and has fallen. */
  boolean lost(int evaluation, String reward) {
    return weight(evaluation, reward) == 0
        && change(evaluation, reward).filter(c -> c.mean() < -c.half()).isPresent();
  }
}
