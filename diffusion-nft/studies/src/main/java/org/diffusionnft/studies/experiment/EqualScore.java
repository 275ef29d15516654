package org.diffusionnft.studies.experiment;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/**
 * How much more a rival needs for the same score: for each seed, the score is the lower of the two
 * best ones, and the ratio is the rival's cost of it over ours.
 *
 * @param score mean over seeds of the scores compared at
 * @param ratios by cost, in the order of {@link Cost}; empty where some seed has nothing to
 *     compare: one of the two never got above the base model
 */
record EqualScore(MeanInterval score, List<MeanInterval> ratios) {

  static EqualScore of(List<Curve> ours, List<Curve> rivals) {
    double[] scores = new double[ours.size()];
    double[][] ratios = new double[Cost.values().length][ours.size()];
    boolean comparable = true;
    for (int seed = 0; seed < scores.length; seed++) {
      Curve a = ours.get(seed);
      Curve b = rivals.get(seed);
      scores[seed] = Math.min(a.best(), b.best());
      for (Cost cost : Cost.values()) {
        double own = a.costOf(scores[seed], cost);
        comparable &= own > 0 && b.costOf(scores[seed], cost) > 0;
        ratios[cost.ordinal()][seed] = b.costOf(scores[seed], cost) / own;
      }
    }
    List<MeanInterval> means = new ArrayList<>();
    if (comparable) {
      for (double[] each : ratios) {
        means.add(MeanInterval.of(each));
      }
    }
    return new EqualScore(MeanInterval.of(scores), means);
  }
}
