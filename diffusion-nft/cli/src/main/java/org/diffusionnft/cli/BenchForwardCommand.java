package org.diffusionnft.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.cli.bench.ForwardWorkload;
import org.diffusionnft.cli.bench.ModelSize;
import org.diffusionnft.cli.bench.Rehearsal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dnft bench forward}. */
@Command(
    name = "forward",
    description =
        "Times a forward pass of the transformer, with random weights of SD3.5-Medium's sizes.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchForwardCommand implements Callable<Integer> {
  @Mixin private BenchModelOptions model;
  @Mixin private BenchOptions bench;

  @Override
  public Integer call() throws IOException {
    ModelSize size = model.size();
    bench.run(
        "forward",
        BenchModelOptions.parameters(size),
        List.of(
            device ->
                Rehearsal.during(
                    device, size, (on, of) -> new ForwardWorkload(on, of, bench.dtype()))));
    return 0;
  }
}
