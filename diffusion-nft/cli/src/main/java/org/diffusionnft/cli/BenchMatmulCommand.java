package org.diffusionnft.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.diffusionnft.cli.bench.MatmulWorkload;
import org.diffusionnft.cli.bench.Workload;
import org.diffusionnft.tensor.Device;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dnft bench matmul}. */
@Command(
    name = "matmul",
    description = "Times the products of linear layers.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchMatmulCommand implements Callable<Integer> {
  @Option(
      names = "--shapes",
      paramLabel = "MxNxK",
      split = ",",
      defaultValue = "1024x6144x1536,1024x1536x6144,1229x1536x1536,205x4608x1536",
      description = "Comma-separated sizes: M rows, N outputs, K inputs. Default: the model's.")
  private List<String> shapes = List.of();

  @Mixin private BenchOptions bench;

  @Override
  public Integer call() throws IOException {
    List<Function<Device, Workload>> workloads = new ArrayList<>();
    for (String shape : shapes) {
      MatmulWorkload.Size size = MatmulWorkload.Size.parse(shape);
      workloads.add(device -> new MatmulWorkload(device, size, bench.dtype()));
    }
    bench.run("matmul", Map.of("shapes", String.join(",", shapes)), workloads);
    return 0;
  }
}
