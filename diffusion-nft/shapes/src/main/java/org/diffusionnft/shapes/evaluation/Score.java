package org.diffusionnft.shapes.evaluation;

import java.util.Locale;
import org.apache.commons.math3.stat.interval.ConfidenceInterval;
import org.apache.commons.math3.stat.interval.WilsonScoreInterval;
import org.diffusionnft.shapes.Judge;

/**
 * How many of some pictures are right.
 *
 * @param samples pictures judged
 * @param objects those that show exactly the asked objects, wherever these lie
 * @param right those that show exactly what was asked for
 * @param gradedSum sum of their graded scores
 */
public record Score(int samples, int objects, int right, double gradedSum) {
  /** Nothing judged yet. */
  public static final Score NONE = new Score(0, 0, 0, 0);

  /** With one more picture. */
  public Score plus(Judge.Verdict verdict) {
    return new Score(
        samples + 1,
        objects + (verdict.objects() ? 1 : 0),
        right + (verdict.strict() ? 1 : 0),
        gradedSum + verdict.graded());
  }

  /** Both together. */
  public Score plus(Score other) {
    return new Score(
        samples + other.samples,
        objects + other.objects,
        right + other.right,
        gradedSum + other.gradedSum);
  }

  /** The share that is right, in [0, 1]; 0 of nothing. */
  public double strict() {
    return samples == 0 ? 0 : (double) right / samples;
  }

  /** The same pictures, but only those with the right objects counted as samples. */
  public Score amongRightObjects() {
    return new Score(objects, objects, right, gradedSum);
  }

  /** The mean graded score, in [0, 1]; 0 of nothing. */
  public double graded() {
    return samples == 0 ? 0 : gradedSum / samples;
  }

  /** The 95 % interval of {@link #strict} (E. B. Wilson, 1927); all of [0, 1] of nothing. */
  public Interval interval() {
    return interval(samples, right);
  }

  /** The same of a share that is known otherwise. */
  public static Interval interval(int samples, int right) {
    if (samples == 0) {
      return new Interval(0, 1);
    }
    ConfidenceInterval interval = new WilsonScoreInterval().createInterval(samples, right, 0.95);
    return new Interval(
        Math.max(0, interval.getLowerBound()), Math.min(1, interval.getUpperBound()));
  }

  /** From {@code low} to {@code high}. */
  public record Interval(double low, double high) {
    /** {@code 41.2 [38.0, 44.5]}: a share and the interval around it, in percent. */
    public String around(double share) {
      return String.format(Locale.ROOT, "%.1f [%.1f, %.1f]", 100 * share, 100 * low, 100 * high);
    }
  }
}
