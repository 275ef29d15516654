package org.diffusionnft.trainer.evaluation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * A mean and half the width of its 95 % confidence interval, by Student's distribution.
 *
 * @param mean of the values
 * @param half half the interval's width; NaN for a single value, which has no interval
 * @param count number of values, or of groups
 */
public record MeanInterval(double mean, double half, long count) {

  /** The mean of at least one value. */
  public static MeanInterval of(double... values) {
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

  /**
   * The mean of grouped values, such as pictures that share a prompt: they carry less information
   * than as many independent ones. The variance is that of the groups' sums of deviations (K. Liang
   * and S. Zeger, 1986), which for groups of one is that of {@link #of}.
   *
   * @param values at least one
   * @param groups the group of each value
   * @return an interval by Student's distribution with one degree of freedom fewer than groups;
   *     {@code count} is the number of groups
   */
  public static MeanInterval grouped(double[] values, List<?> groups) {
    double mean = Arrays.stream(values).average().orElseThrow();
    Map<Object, Double> sums = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      sums.merge(groups.get(i), values[i] - mean, Double::sum);
    }
    double n = sums.size();
    double squares = sums.values().stream().mapToDouble(d -> d * d).sum();
    double half =
        n < 2
            ? Double.NaN
            : new TDistribution(n - 1).inverseCumulativeProbability(0.975)
                * Math.sqrt(n / (n - 1) * squares)
                / values.length;
    return new MeanInterval(mean, half, sums.size());
  }

  /** {@code 41.2 ± 3.0} over seeds, both numbers multiplied by a factor. */
  public String text(double factor, int digits) {
    String format = "%." + digits + "f";
    String number = String.format(Locale.ROOT, format, factor * mean);
    return Double.isNaN(half)
        ? number + " (one seed)"
        : number + " ± " + String.format(Locale.ROOT, format, factor * half);
  }
}
