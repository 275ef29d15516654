package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.cli.bench.BenchReport;
import org.diffusionnft.cli.bench.Measured;
import org.diffusionnft.cli.bench.Workload;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.weights.io.StrictJson;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that all benchmarks share, and their common work. */
final class BenchOptions {
  /** Dtypes of weights. */
  enum Weights {
    F32(DType.F32),
    BF16(DType.BF16);

    final DType dtype;

    Weights(DType dtype) {
      this.dtype = dtype;
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private ComputeOptions compute;

  @Mixin private PrecisionOption precision;

  @Option(
      names = "--dtype",
      paramLabel = "f32|bf16",
      defaultValue = "f32",
      description = "Dtype of the weights. Default: ${DEFAULT-VALUE}.")
  private Weights weights;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "3",
      description = "Warm-up runs before the timed ones. Default: ${DEFAULT-VALUE}.")
  private int warmup;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed runs. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes all numbers to FILE.")
  private @Nullable Path json;

  /** The dtype of the weights. */
  DType dtype() {
    return weights.dtype;
  }

  /**
   * Times workloads one by one, prints the table, writes the file.
   *
   * @param parameters parameters specific to this benchmark
   */
  void run(
      String benchmark, Map<String, String> parameters, List<Function<Device, Workload>> workloads)
      throws IOException {
    requireAtLeast("--warmup", warmup, 0);
    requireAtLeast("--repeat", repeat, 1);
    List<Measured> results = new ArrayList<>();
    Map<String, String> all = new LinkedHashMap<>(parameters);
    Precision chosen = precision.or(Precision.F32);
    try (Device device = compute.open()) {
      for (Function<Device, Workload> open : workloads) {
        results.add(Autocast.in(chosen, () -> measured(open, device)));
      }
      all.put("device", device.name());
    }
    all.put("precision", chosen.option());
    all.put("dtype", weights.name().toLowerCase(java.util.Locale.ROOT));
    all.put("threads", String.valueOf(compute.threads()));
    all.put("warmup", String.valueOf(warmup));
    all.put("repeat", String.valueOf(repeat));
    all.put("java", Runtime.version().toString());
    BenchReport report = new BenchReport(benchmark, all, results);
    PrintWriter out = spec.commandLine().getOut();
    out.println(report.table());
    out.flush();
    if (json != null) {
      StrictJson.write(json, report.json());
    }
  }

  private Measured measured(Function<Device, Workload> open, Device device) {
    try (Workload workload = open.apply(device)) {
      return Measured.of(workload, warmup, repeat);
    }
  }

  /** Rejects a number that is too small, naming its option. */
  static void requireAtLeast(String option, int value, int least) {
    if (value < least) {
      throw new InvalidInputException(option + " must be at least " + least + ", not " + value);
    }
  }
}
