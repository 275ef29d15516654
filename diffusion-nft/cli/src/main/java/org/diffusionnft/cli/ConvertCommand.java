package org.diffusionnft.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.checkpoint.Conversion;
import org.diffusionnft.pipeline.checkpoint.Conversion.Layout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.peft.DiffusersLora;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft convert}: a model or an adapter in the other layout, a model in another dtype. */
@Command(
    name = "convert",
    description = {
      "Writes a model as a diffusers folder or as a single file, in any dtype.",
      "A single file cannot hold tokenizers and configurations: they are left out.",
      "With --adapter: writes an adapter as a PEFT folder, or as a diffusers LoRA file if --out"
          + " ends with @|bold .safetensors|@."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private ModelOptions model;
  @Mixin private CheckpointOut out;

  @Option(
      names = "--to",
      paramLabel = "LAYOUT",
      description = "Layout to write a model in: ${COMPLETION-CANDIDATES}.")
  private @Nullable Layout layout;

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description = "Instead of --model: a PEFT folder or a diffusers LoRA file.")
  private @Nullable Path adapter;

  @Override
  public Integer call() throws IOException {
    OutputFile.requireApart(out.path(), model.path(), model.parts(), adapter);
    if (adapter != null) {
      return convert(adapter);
    }
    if (layout == null) {
      throw new InvalidInputException("say what to write with --to diffusers or --to single");
    }
    try (Device device = compute.open();
        ModelCheckpoint checkpoint = model.open()) {
      new Conversion(layout, out.dtype(), null).run(checkpoint, out.path(), device);
      spec.commandLine().getOut().println(out.path() + ": written with " + checkpoint.parts());
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private int convert(Path adapter) throws IOException {
    if (model.path() != null || model.parts() != null || layout != null || out.dtype() != null) {
      throw new InvalidInputException(
          "--model, --parts, --to and --dtype are not for an --adapter");
    }
    try (Device device = compute.open();
        Memory.Scope _ = device.memory().scope()) {
      PeftAdapter read = AdapterFile.read(adapter, device);
      if (out.path().toString().endsWith(".safetensors")) {
        DiffusersLora.write(out.path(), read);
      } else {
        PeftFolder.write(out.path(), Map.of(PeftFolder.DEFAULT, read));
      }
    }
    spec.commandLine().getOut().println(out.path() + ": written with " + adapter);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
