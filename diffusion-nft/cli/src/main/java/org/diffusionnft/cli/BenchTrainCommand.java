package org.diffusionnft.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.diffusionnft.cli.bench.ModelSize;
import org.diffusionnft.cli.bench.Rehearsal;
import org.diffusionnft.cli.bench.TrainWorkload;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dnft bench train}. */
@Command(
    name = "train",
    description =
        "Times a LoRA step: forward, mean-square loss, backward; rank 32 on eight projections.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchTrainCommand implements Callable<Integer> {
  @Mixin private BenchModelOptions model;

  @Option(
      names = "--checkpointing",
      description = "Recomputes blocks in the backward pass instead of keeping their activations.")
  private boolean checkpointing;

  @Mixin private BenchOptions bench;

  @Override
  public Integer call() throws IOException {
    ModelSize size = model.size();
    Map<String, String> parameters = BenchModelOptions.parameters(size);
    parameters.put("checkpointing", String.valueOf(checkpointing));
    bench.run(
        "train",
        parameters,
        List.of(
            device ->
                Rehearsal.during(
                    device,
                    size,
                    (on, of) -> new TrainWorkload(on, of, bench.dtype(), checkpointing))));
    return 0;
  }
}
