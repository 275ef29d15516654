package org.diffusionnft.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Flow-Factory's advantages of several rewards: of their weighted sum, or first of each reward and
 * then of all together.
 */
final class GroupAdvantages {
  private static final double SMALLEST_STD = 1e-6;

  private GroupAdvantages() {}

  /** The advantages of one configuration of a case. */
  static double[] of(CaseFolder folder, CaseConfig config) throws InvalidFileException {
    String id = config.text("id");
    long[] groups = folder.longs(folder.inputs(), id + ".unique_id");
    Map<String, double[]> rewards = new LinkedHashMap<>();
    for (Map.Entry<String, ?> e : config.get("reward_weights").node().properties()) {
      rewards.put(e.getKey(), folder.doubles(folder.inputs(), id + ".reward_" + e.getKey()));
    }
    for (double[] reward : rewards.values()) {
      if (reward.length != groups.length) {
        throw new InvalidFileException(
            config.file(), "has '" + id + "' with other numbers of rewards than of samples");
      }
    }
    String aggregation = config.text("advantage_aggregation");
    return switch (aggregation) {
      case "sum" -> {
        double[] sum = new double[groups.length];
        for (Map.Entry<String, double[]> e : rewards.entrySet()) {
          add(e.getValue(), config.get("reward_weights").number(e.getKey()), sum);
        }
        double[] all = sum.clone();
        double[] centered = new double[sum.length];
        for (int i = 0; i < sum.length; i++) {
          double[] own = own(sum, groups, i);
          double std = std(config.flag("global_std") ? all : own);
          centered[i] = (sum[i] - mean(own)) / Math.max(std, SMALLEST_STD);
        }
        yield centered;
      }
      case "gdpo" -> {
        double[] sum = new double[groups.length];
        for (Map.Entry<String, double[]> e : rewards.entrySet()) {
          double[] normalised = new double[sum.length];
          for (int i = 0; i < sum.length; i++) {
            double[] own = own(e.getValue(), groups, i);
            normalised[i] = (e.getValue()[i] - mean(own)) / Math.max(std(own), SMALLEST_STD);
          }
          add(normalised, config.get("reward_weights").number(e.getKey()), sum);
        }
        double mean = mean(sum);
        double std = Math.max(std(sum), SMALLEST_STD);
        yield Arrays.stream(sum).map(x -> (x - mean) / std).toArray();
      }
      default ->
          throw new InvalidFileException(
              config.file(), "has the unknown advantage_aggregation '" + aggregation + "'");
    };
  }

  private static void add(double[] values, double weight, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * values[i];
    }
  }

  /** The values of sample {@code i}'s group. */
  private static double[] own(double[] values, long[] groups, int i) {
    double[] own = new double[values.length];
    int count = 0;
    for (int j = 0; j < values.length; j++) {
      if (groups[j] == groups[i]) {
        own[count++] = values[j];
      }
    }
    return Arrays.copyOf(own, count);
  }

  private static double mean(double[] x) {
    return Arrays.stream(x).average().orElse(0);
  }

  private static double std(double[] x) {
    double mean = mean(x);
    return Math.sqrt(Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0));
  }
}
