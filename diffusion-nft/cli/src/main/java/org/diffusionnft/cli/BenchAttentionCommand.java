package org.diffusionnft.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.diffusionnft.cli.bench.AttentionWorkload;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dnft bench attention}. */
@Command(
    name = "attention",
    description = "Times self-attention; --dtype has no effect on it.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchAttentionCommand implements Callable<Integer> {
  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "1229",
      description =
          "Number of tokens. Default: ${DEFAULT-VALUE}: 1024 of a 512² picture, 205 of text.")
  private int tokens;

  @Option(
      names = "--heads",
      paramLabel = "N",
      defaultValue = "24",
      description = "Number of heads. Default: ${DEFAULT-VALUE}.")
  private int heads;

  @Option(
      names = "--head-dim",
      paramLabel = "N",
      defaultValue = "64",
      description = "Dimension of a head. Default: ${DEFAULT-VALUE}.")
  private int headDim;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batch size, in sequences. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Mixin private BenchOptions bench;

  @Override
  public Integer call() throws IOException {
    BenchOptions.requireAtLeast("--tokens", tokens, 1);
    BenchOptions.requireAtLeast("--heads", heads, 1);
    BenchOptions.requireAtLeast("--head-dim", headDim, 1);
    BenchOptions.requireAtLeast("--batch", batch, 1);
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("tokens", String.valueOf(tokens));
    parameters.put("heads", String.valueOf(heads));
    parameters.put("headDim", String.valueOf(headDim));
    parameters.put("batch", String.valueOf(batch));
    bench.run(
        "attention",
        parameters,
        List.of(device -> new AttentionWorkload(device, batch, tokens, heads, headDim)));
    return 0;
  }
}
