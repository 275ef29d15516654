package org.diffusionnft.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.trainer.run.PeakMemory;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The results of {@code dnft bench}.
 *
 * @param benchmark {@code matmul}, {@code attention}, {@code forward} or {@code train}
 * @param parameters the benchmark's parameters, by option name
 * @param results at least one
 */
public record BenchReport(
    String benchmark, Map<String, String> parameters, List<Measured> results) {

  /**
   * The report as JSON: {@code seconds}, {@code gflops}, {@code firstCallSeconds} and {@code
   * warmupSeconds} of all cases together, the same for each case in {@code cases} if there are
   * several, {@code checksum} of the results' bits, {@code peakResidentMb} of this process if the
   * system reports it, and the parameters.
   */
  public ObjectNode json() {
    ObjectNode json = StrictJson.object();
    json.put("benchmark", benchmark);
    json.setAll(Measured.together(results).json(false));
    if (results.size() > 1) {
      ArrayNode cases = json.putArray("cases");
      results.forEach(result -> cases.add(result.json(true)));
    }
    PeakMemory.residentMb().ifPresent(mb -> json.put("peakResidentMb", mb));
    ObjectNode given = json.putObject("parameters");
    parameters.forEach(given::put);
    return json;
  }

  /** A table for display, with a line for each case. */
  public String table() {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "%-28s %10s %10s %10s %10s%n",
            benchmark,
            "first s",
            "median s",
            "best s",
            "GFLOP/s"));
    for (Measured result : results) {
      double best = result.seconds().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
      out.append(
          String.format(
              Locale.ROOT,
              "%-28s %10.4f %10.4f %10.4f %10.1f%n",
              result.name(),
              result.firstCallSeconds(),
              result.medianSeconds(),
              best,
              result.flops() / result.medianSeconds() / 1e9));
    }
    PeakMemory.residentMb()
        .ifPresent(mb -> out.append("peak resident memory: ").append(mb).append(" MiB"));
    return out.toString().stripTrailing();
  }
}
