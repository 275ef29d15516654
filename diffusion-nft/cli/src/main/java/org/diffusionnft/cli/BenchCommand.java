package org.diffusionnft.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code dnft bench}: how fast this machine is. */
@Command(
    name = "bench",
    description = "Times matrix products, attention, the transformer and a training step.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchMatmulCommand.class,
      BenchAttentionCommand.class,
      BenchForwardCommand.class,
      BenchTrainCommand.class,
      BenchClusterCommand.class
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    spec.commandLine().usage(out);
  }
}
