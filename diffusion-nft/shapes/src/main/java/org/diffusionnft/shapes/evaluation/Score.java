package org.diffusionnft.shapes.evaluation;

import java.util.Locale;
import org.apache.commons.math3.stat.interval.ConfidenceInterval;
import org.apache.commons.math3.stat.interval.WilsonScoreInterval;
import org.diffusionnft.shapes.Judge;

/**
 * Counts of correct pictures.
 *
 * @param samples number of judged pictures
 * @param objects number of pictures with exactly the requested objects, wherever these are
 * @param right number of pictures that show exactly what was asked for
 * @param gradedSum sum of their graded scores
 */
public record Score(int samples, int objects, int right, double gradedSum) {
  /** No pictures. */
  public static final Score NONE = new Score(0, 0, 0, 0);

  /** Adds one picture. */
  public Score plus(Judge.Verdict verdict) {
    return new Score(
        samples + 1,
        objects + (verdict.objects() ? 1 : 0),
        right + (verdict.strict() ? 1 : 0),
        gradedSum + verdict.graded());
  }

  /** The sum of two scores. */
  public Score plus(Score other) {
    return new Score(
        samples + other.samples,
        objects + other.objects,
        right + other.right,
        gradedSum + other.gradedSum);
  }

  /** The fraction of correct pictures, in [0, 1]; 0 if there are none. */
  public double strict() {
    return samples == 0 ? 0 : (double) right / samples;
  }

  /** The score of only those pictures that show the right objects. */
  public Score amongRightObjects() {
    return new Score(objects, objects, right, gradedSum);
  }

  /** The mean graded score, in [0, 1]; 0 if there are none. */
  public double graded() {
    return samples == 0 ? 0 : gradedSum / samples;
  }

  /** The 95 % interval of {@link #strict} (E. B. Wilson, 1927); [0, 1] if there are none. */
  public Interval interval() {
    return interval(samples, right);
  }

  /** The same interval for given counts. */
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
    /** {@code 41.2 [38.0, 44.5]}: a fraction and its interval, in percent. */
    public String around(double share) {
      return String.format(Locale.ROOT, "%.1f [%.1f, %.1f]", 100 * share, 100 * low, 100 * high);
    }
  }
}
