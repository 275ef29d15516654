package org.diffusionnft.trainer.nft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Group statistics of one epoch's images: the advantage of every image over those of the same
 * prompt, and how much the rewards of a prompt vary. Equivalent to the reference code's {@code
 * PerPromptStatTracker} and {@code calculate_zero_std_ratio}, including their rounding: rewards are
 * float32, statistics float64 except those of {@link #zeroStdRatio} and {@link #rewardStdMean}.
 *
 * <p>Rewards form a table {@code [N, T]}: the reference code repeats each image's reward once per
 * trained timestep, which does not change advantages but does change the interpolated percentiles
 * of {@link #meanOfTop}. Prompts are compared character by character.
 */
public final class PromptStatistics {

  /** What advantages are divided by; 1e-4 is added to it. */
  public enum Spread {
    /** The population standard deviation of all rewards of the epoch, the official choice. */
    GLOBAL,
    /** The population standard deviation of the rewards of the prompt. */
    PER_PROMPT
  }

  private static final double STD_FLOOR = 1e-4;
  private static final Comparator<String> BY_CODE_POINT =
      (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  private final float[][] rewards;
  private final TreeMap<String, List<Integer>> groups = new TreeMap<>(BY_CODE_POINT);

  private PromptStatistics(float[][] rewards) {
    this.rewards = rewards;
  }

  /**
   * Groups rewards by prompt.
   *
   * @param prompts of each image, {@code [N]}
   * @param rewards {@code [N, T]}
   * @throws IllegalArgumentException if there is not one row of rewards for each prompt
   */
  public static PromptStatistics of(List<String> prompts, float[][] rewards) {
    if (prompts.isEmpty() || prompts.size() != rewards.length) {
      throw new IllegalArgumentException(
          "%d prompts need as many rows of rewards, not %d"
              .formatted(prompts.size(), rewards.length));
    }
    PromptStatistics statistics = new PromptStatistics(rewards);
    for (int i = 0; i < prompts.size(); i++) {
      statistics.groups.computeIfAbsent(prompts.get(i), _ -> new ArrayList<>()).add(i);
    }
    return statistics;
  }

  /** {@code (reward - mean of its prompt) / (std + 1e-4)}, {@code [N, T]}. */
  public double[][] advantages(Spread spread) {
    int columns = rewards[0].length;
    double[][] advantages = new double[rewards.length][columns];
    for (int column = 0; column < columns; column++) {
      double globalStd = std(column(rewards, column));
      for (List<Integer> group : groups.values()) {
        double[] values = column(rows(group), column);
        double mean = mean(values);
        double std = spread == Spread.GLOBAL ? globalStd : std(values);
        for (int i = 0; i < values.length; i++) {
          advantages[group.get(i)][column] = (values[i] - mean) / (std + STD_FLOOR);
        }
      }
    }
    return advantages;
  }

  /** The distinct prompts. */
  public Set<String> prompts() {
    return new HashSet<>(groups.keySet());
  }

  /** Images per distinct prompt. */
  public double groupSize() {
    return (double) rewards.length / groups.size();
  }

  /** The fraction of prompts whose rewards are all equal, so that they give no training signal. */
  public double zeroStdRatio() {
    int zero = 0;
    for (float std : groupStds()) {
      zero += std == 0 ? 1 : 0;
    }
    return (double) zero / groups.size();
  }

  /** The mean over prompts of the standard deviation of their rewards, in float32. */
  public double rewardStdMean() {
    return Float32Statistics.mean(groupStds());
  }

  /**
   * The mean over prompts of the mean of the best rewards of each: those not below the percentile
   * {@code 100 - percentage}, interpolated linearly as NumPy does.
   *
   * @throws IllegalArgumentException unless {@code percentage} is 0 to 100
   */
  public double meanOfTop(int percentage) {
    if (percentage < 0 || percentage > 100) {
      throw new IllegalArgumentException("percentage must be 0 to 100, not " + percentage);
    }
    double[] means = new double[groups.size()];
    int next = 0;
    for (List<Integer> group : groups.values()) {
      double[] values = group.stream().flatMapToDouble(i -> doubles(rewards[i])).toArray();
      double threshold = percentile(values, 100 - percentage);
      means[next++] =
          percentage == 100
              ? mean(values)
              : mean(Arrays.stream(values).filter(v -> v >= threshold).toArray());
    }
    return mean(means);
  }

  private float[] groupStds() {
    float[] stds = new float[groups.size()];
    int next = 0;
    for (List<Integer> group : groups.values()) {
      float[] values = new float[group.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = rewards[group.get(i)][0];
      }
      stds[next++] = Float32Statistics.std(values);
    }
    return stds;
  }

  private static DoubleStream doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
  }

  private float[][] rows(List<Integer> group) {
    return group.stream().map(i -> rewards[i]).toArray(float[][]::new);
  }

  private static double[] column(float[][] rows, int column) {
    return Arrays.stream(rows).mapToDouble(row -> row[column]).toArray();
  }

  private static double mean(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v;
    }
    return sum / x.length;
  }

  private static double std(double[] x) {
    double mean = mean(x);
    double sum = 0;
    for (double v : x) {
      sum += (v - mean) * (v - mean);
    }
    return Math.sqrt(sum / x.length);
  }

  private static double percentile(double[] x, int percent) {
    double[] sorted = x.clone();
    Arrays.sort(sorted);
    double at = (sorted.length - 1) * (percent / 100.0);
    int below = (int) Math.floor(at);
    double a = sorted[below];
    double b = sorted[Math.min(below + 1, sorted.length - 1)];
    double weight = at - below;
    return weight >= 0.5 ? b - (b - a) * (1 - weight) : a + (b - a) * weight;
  }
}
