package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.checkpoint.Inspection;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.ReferenceDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft inspect}: the contents of a file or folder of tensors. */
@Command(
    name = "inspect",
    description = {
      "Shows what is in a model, a part of one, an adapter, or any safetensors file: parameters,"
          + " dtypes, the inferred configuration; for adapters the rank and, layer by layer, the"
          + " singular values of the weight update."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--tensors", description = "List every tensor with its dtype and shape.")
  private boolean tensors;

  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files or folders.")
  private List<Path> paths = List.of();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Device device = new ReferenceDevice()) {
      for (Path path : paths) {
        try {
          Inspection.show(path, device, tensors, line -> out.println(line.replace("\n", "\\n")));
        } finally {
          out.flush();
        }
      }
    }
    return 0;
  }
}
