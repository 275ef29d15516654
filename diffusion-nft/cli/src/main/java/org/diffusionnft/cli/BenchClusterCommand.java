package org.diffusionnft.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.cli.bench.ClusterProjection;
import org.diffusionnft.cli.bench.ModelSize;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.TrainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft bench cluster}: an estimate of the speed-up from more executors. */
@Command(
    name = "cluster",
    description = {
      "Estimates the epoch time of the paper's GenEval run with SD3.5-Medium on Spark clusters:"
          + " arithmetic and a small simulation, nothing is run. See docs/cluster.md."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchClusterCommand implements Callable<Integer> {
  private static final int MOST_EXECUTORS = 100_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--executors",
      paramLabel = "N,...",
      split = ",",
      description = "Numbers of executors. Default: 1,2,8,32,128,384,1000.")
  private List<Integer> executors = List.of(1, 2, 8, 32, 128, 384, 1000);

  @Option(
      names = "--gflops",
      paramLabel = "N",
      description =
          "Compute speed of an executor, in 10^9 operations per second; 'dnft bench forward'"
              + " measures it. Default: 2000.")
  private double gflops = 2000;

  @Option(
      names = "--network",
      paramLabel = "GBIT",
      description =
          "Network bandwidth of a machine, in 10^9 bits per second each way. Default: 10.")
  private double network = 10;

  @Option(
      names = "--memory",
      paramLabel = "GB",
      description =
          "Memory bandwidth of the driver while it adds, in 10^9 bytes per second. Default: 10.")
  private double memory = 10;

  @Option(
      names = "--order-ms",
      paramLabel = "MS",
      description = "Time that the driver needs per order. Default: 4.")
  private double orderMillis = 4;

  @Option(
      names = "--spread",
      paramLabel = "S",
      description =
          "Variation of order times: standard deviation of their logarithm. Default: 0.1.")
  private double spread = 0.1;

  @Override
  public Integer call() {
    requirePositive("--gflops", gflops);
    requirePositive("--network", network);
    requirePositive("--memory", memory);
    if (!(orderMillis >= 0 && orderMillis < 1e6) || !(spread >= 0 && spread <= 3)) {
      throw new InvalidInputException("--order-ms must be 0 to 10^6, --spread 0 to 3");
    }
    TrainConfig config = TrainConfig.official();
    ModelSize size = new ModelSize(24, config.resolution(), config.training().batchSize(), 205);
    ClusterProjection projection =
        new ClusterProjection(
            config, size, gflops, network * 1e9 / 8, memory * 1e9, orderMillis / 1e3, spread);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "adapter %.1f MB, %d images and %d optimizer step(s) an epoch; executors of %.0f GFLOP/s%n",
        projection.adapterBytes() / 1e6,
        config.prompts().imagesPerEpoch(),
        config.training().optimizerStepsPerEpoch(),
        gflops);
    out.println("executors  shards   sampling  gradients   driver    epoch  speed-up  MB per step");
    double alone = projection.on(1).seconds();
    for (int number : executors) {
      if (number < 1 || number > MOST_EXECUTORS) {
        throw new InvalidInputException(
            "--executors must be 1 to %d, not %d".formatted(MOST_EXECUTORS, number));
      }
      ClusterProjection.Epoch epoch = projection.on(number);
      out.printf(
          Locale.ROOT,
          "%9d %7d %8.0f s %8.0f s %6.1f s %6.0f s %9.1f %12.0f%n",
          number,
          epoch.shards(),
          epoch.sampling(),
          epoch.gradients(),
          epoch.driver(),
          epoch.seconds(),
          alone / epoch.seconds(),
          epoch.stepBytes() / 1e6);
    }
    out.flush();
    return 0;
  }

  private static void requirePositive(String option, double value) {
    if (!(value > 0 && value < 1e9)) {
      throw new InvalidInputException(option + " must be above 0 and below 10^9, not " + value);
    }
  }
}
