package org.diffusionnft.studies.experiment;

import java.util.Locale;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * A mean over seeds and half the width of its 95 % confidence interval, by Student's distribution.
 *
 * @param mean of the values
 * @param half NaN of a single value, which has no interval
 * @param count how many values
 */
record MeanInterval(double mean, double half, long count) {

  static MeanInterval of(double... values) {
    SummaryStatistics statistics = new SummaryStatistics();
    for (double value : values) {
      statistics.addValue(value);
    }
    long n = statistics.getN();
    double half =
        n < 2
            ? Double.NaN
            : new TDistribution(n - 1.0).inverseCumulativeProbability(0.975)
                * statistics.getStandardDeviation()
                / Math.sqrt((double) n);
    return new MeanInterval(statistics.getMean(), half, n);
  }

  /** {@code 41.2 ± 3.0}, each times a factor. */
  String text(double factor, int digits) {
    String format = "%." + digits + "f";
    String number = String.format(Locale.ROOT, format, factor * mean);
    return Double.isNaN(half)
        ? number + " (one seed)"
        : number + " ± " + String.format(Locale.ROOT, format, factor * half);
  }
}
