package org.diffusionnft.studies.experiment;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.studies.experiment.Curve.Cost;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/**
 * The relative cost at equal score: for each seed, the score is the lower one of the two methods'
 * best scores, and the ratio is the rival's cost for it over ours.
 *
 * @param score mean over seeds of the scores at which costs are compared
 * @param ratios by cost, in the order of {@link Cost}; empty if for some seed one of the two never
 *     exceeded the base model
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
