package org.diffusionnft.trainer.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.checkpoint.Conversion;
import org.diffusionnft.trainer.checkpoint.Conversion.Layout;
import org.diffusionnft.weights.ModelCheckpoint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft convert}: a model in the other layout, or in another dtype. */
@Command(
    name = "convert",
    description = {
      "Writes a model as a diffusers folder or as a single file, in any dtype.",
      "A single file has no room for tokenizers and configurations: they are left out."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private ModelOptions model;
  @Mixin private DTypeOption dtype;

  @Option(
      names = "--to",
      paramLabel = "LAYOUT",
      required = true,
      description = "What to write: ${COMPLETION-CANDIDATES}.")
  private Layout layout;

  @Option(
      names = "--out",
      paramLabel = "PATH",
      required = true,
      description = "The new folder, or the file, which is replaced if it is there.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    try (Device device = compute.open();
        ModelCheckpoint checkpoint = model.open()) {
      new Conversion(layout, dtype.dtype(), null).run(checkpoint, out, device);
      spec.commandLine().getOut().println(out + ": written with " + checkpoint.parts());
      spec.commandLine().getOut().flush();
    }
    return 0;
  }
}
