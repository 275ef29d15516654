package org.diffusionnft.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Times of one workload.
 *
 * @param name the workload's
 * @param flops floating-point operations of one run
 * @param warmup seconds of each warm-up run
 * @param seconds of each timed run, at least one
 * @param checksum of the results, see {@link Workload#checksum}
 */
public record Measured(
    String name, double flops, List<Double> warmup, List<Double> seconds, long checksum) {

  /** Checks that there is at least one timed run. */
  public Measured {
    warmup = List.copyOf(warmup);
    seconds = List.copyOf(seconds);
    if (seconds.isEmpty()) {
      throw new IllegalArgumentException("repeat must be at least 1");
    }
  }

  /**
   * Runs a workload and times every run.
   *
   * @param warmup number of warm-up runs, 0 or more
   * @param repeat number of timed runs, at least 1
   */
  public static Measured of(Workload workload, int warmup, int repeat) {
    List<Double> before = new ArrayList<>();
    for (int i = 0; i < warmup; i++) {
      // The first run is timed alone: it shows the start-up cost.
      before.add(time(workload, i == 0 ? 1 : workload.runsPerTiming()));
    }
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < repeat; i++) {
      seconds.add(time(workload, workload.runsPerTiming()));
    }
    return new Measured(workload.name(), workload.flops(), before, seconds, workload.checksum());
  }

  private static double time(Workload workload, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      workload.run();
    }
    return (System.nanoTime() - start) / 1e9 / runs;
  }

  /**
   * Several workloads as if they were one: run {@code i} of the whole is run {@code i} of each.
   *
   * @param parts at least one, all with the same number of runs
   */
  public static Measured together(List<Measured> parts) {
    return new Measured(
        "all",
        parts.stream().mapToDouble(Measured::flops).sum(),
        sums(parts.stream().map(Measured::warmup).toList()),
        sums(parts.stream().map(Measured::seconds).toList()),
        parts.stream().mapToLong(Measured::checksum).reduce(0, (all, one) -> 31 * all + one));
  }

  private static List<Double> sums(List<List<Double>> parts) {
    return IntStream.range(0, parts.getFirst().size())
        .mapToObj(i -> parts.stream().mapToDouble(part -> part.get(i)).sum())
        .toList();
  }

  /** The first run of the process, during which the JVM still interprets and compiles. */
  public double firstCallSeconds() {
    return warmup.isEmpty() ? seconds.getFirst() : warmup.getFirst();
  }

  /** The median of the timed runs; for an even number, the mean of the middle two. */
  public double medianSeconds() {
    double[] sorted = seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** Billions of floating-point operations per second in each timed run. */
  public List<Double> gflops() {
    return seconds.stream().map(s -> flops / s / 1e9).toList();
  }

  /** All values; the name only on request. */
  ObjectNode json(boolean withName) {
    ObjectNode json = StrictJson.object();
    if (withName) {
      json.put("name", name);
    }
    fill(json.putArray("seconds"), seconds);
    json.put("medianSeconds", medianSeconds());
    fill(json.putArray("gflops"), gflops());
    json.put("flops", flops);
    json.put("firstCallSeconds", firstCallSeconds());
    fill(json.putArray("warmupSeconds"), warmup);
    json.put("checksum", String.format(Locale.ROOT, "%08x", checksum & 0xffffffffL));
    return json;
  }

  private static void fill(ArrayNode array, List<Double> values) {
    values.forEach(array::add);
  }
}
