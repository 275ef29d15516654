package org.diffusionnft.benchmarks;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs all benchmarks, or those matching a regular expression, on both engines in this JVM and
 * prints the ratios of their times.
 */
public final class CompareWithPyTorch {
  private static final String ENGINE = "engine";

  private CompareWithPyTorch() {}

  /** See {@code benchmarks/run}. */
  public static void main(String[] args) throws RunnerException {
    OptionsBuilder options = new OptionsBuilder();
    options
        .include(args.length > 0 ? args[0] : "org.diffusionnft.benchmarks")
        // Both engines alternate in one process, so that conditions are the same for both.
        .forks(0)
        .warmupIterations(3)
        .warmupTime(TimeValue.milliseconds(500))
        .measurementIterations(5)
        .measurementTime(TimeValue.milliseconds(500))
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT);
    System.out.print(table(new Runner(options.build()).run()));
  }

  /** One line per benchmark and parameters: milliseconds of each engine and their ratio. */
  private static String table(Collection<RunResult> results) {
    Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
    for (RunResult result : results) {
      BenchmarkParams params = result.getParams();
      rows.computeIfAbsent(label(params), _ -> new TreeMap<>())
          .put(params.getParam(ENGINE), median(result));
    }
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT, "%-40s %10s %10s %7s%n", "median ms", "dnft", "pytorch", "ratio"));
    double logs = 0;
    for (var row : rows.entrySet()) {
      double ours = row.getValue().get(Engine.OURS);
      double theirs = row.getValue().get(Engine.PYTORCH);
      logs += Math.log(ours / theirs);
      out.append(
          String.format(
              Locale.ROOT,
              "%-40s %10.4f %10.4f %7.2f%n",
              row.getKey(),
              ours,
              theirs,
              ours / theirs));
    }
    return out.append(
            String.format(
                Locale.ROOT, "%-62s %7.2f%n", "geometric mean", Math.exp(logs / rows.size())))
        .toString();
  }

  private static double median(RunResult result) {
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  private static String label(BenchmarkParams params) {
    String[] names = params.getBenchmark().split("\\.");
    StringBuilder label = new StringBuilder(names[names.length - 2].replace("Benchmark", ""));
    for (String key : params.getParamsKeys()) {
      if (!key.equals(ENGINE)) {
        label.append(' ').append(params.getParam(key));
      }
    }
    return label.toString();
  }
}
