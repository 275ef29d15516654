package org.diffusionnft.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dnft pretrain}: trains base models from scratch. */
@Command(
    name = "pretrain",
    description = "Trains a base model from scratch by flow matching.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WORLD",
    subcommands = PretrainShapesCommand.class)
final class PretrainCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to pretrain on: there is one world, 'dnft pretrain shapes'");
  }
}
