package org.diffusionnft.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code dnft experiment}: measures claims. */
@Command(
    name = "experiment",
    description = "Compares training methods under equal conditions and writes a page of results.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      HeadToHeadCommand.class,
      ObjectivesCommand.class,
      RewardsCommand.class,
      AblationCommand.class,
      SearchCommand.class,
      StepsCommand.class
    })
final class ExperimentCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
