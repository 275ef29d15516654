package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.checkpoint.Conversion;
import org.diffusionnft.pipeline.checkpoint.Conversion.Layout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft merge}: merges an adapter into its base model. */
@Command(
    name = "merge",
    description = "Adds an adapter to the weights of its base model: W + alpha/r B A.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MergeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private ModelOptions model;
  @Mixin private CheckpointOut out;

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      required = true,
      description = "A PEFT folder, or diffusers' pytorch_lora_weights.safetensors.")
  private Path adapter;

  @Option(
      names = "--to",
      paramLabel = "LAYOUT",
      description = "Layout to write: ${COMPLETION-CANDIDATES}. Default: the model's.")
  private @Nullable Layout layout;

  @Override
  public Integer call() throws IOException {
    OutputFile.requireApart(out.path(), model.path(), model.parts(), adapter);
    try (Device device = compute.open();
        ModelCheckpoint checkpoint = model.open()) {
      Layout own = checkpoint.isSingleFile() ? Layout.SINGLE : Layout.DIFFUSERS;
      new Conversion(layout == null ? own : layout, out.dtype(), adapter)
          .run(checkpoint, out.path(), device);
      spec.commandLine()
          .getOut()
          .println(out.path() + ": " + checkpoint.path() + " with " + adapter);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }
}
