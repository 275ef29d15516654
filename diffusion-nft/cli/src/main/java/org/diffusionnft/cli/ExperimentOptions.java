package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.studies.demo.Demo;
import org.diffusionnft.studies.experiment.Experiment;
import org.diffusionnft.studies.experiment.ExperimentRun;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.config.TrainConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of all experiments, and how one is run. */
final class ExperimentOptions {
  /** Small enough for a run to take minutes on two cores. */
  private static final String PRESET =
      "epochs: 30\nevaluation: {every: 5, prompts: 258}\nsaveEvery: 5\n";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private BaseOption base;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for runs and page. Default: dnft-NAME.")
  private @Nullable Path out;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,3",
      description = "Seeds that each variant is trained with. Default: ${DEFAULT-VALUE}.")
  private List<Long> seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs of each run. Default: 30, but 9 for rewards.")
  private @Nullable Integer epochs;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings that all variants share instead of the demo's, as YAML.")
  private @Nullable Path configFile;

  /** The value of --epochs, or a default. */
  int epochs(int orElse) {
    return epochs == null ? orElse : epochs;
  }

  int run(Experiment experiment, ComputeOptions compute) throws IOException, InterruptedException {
    TrainConfig config =
        config("experiment " + experiment.name(), experiment.settings(), configFile, epochs, base);
    Path folder = out == null ? Path.of("dnft-" + experiment.name()) : out;
    ExperimentRun run = new ExperimentRun(experiment, config, seeds, folder);
    PrintWriter console = spec.commandLine().getOut();
    try (Device device = compute.open()) {
      return Interruption.during(
          spec.commandLine().getErr(),
          command(spec),
          stop -> {
            console.println(
                "written to "
                    + run.run(device, command(spec), new ExperimentProgress(compute), stop));
            console.flush();
          });
    }
  }

  /**
   * The settings that all runs of an experiment share: the demo's, with the changes for all
   * experiments, for this one, and from the command line.
   *
   * @param title of the experiment, for messages
   * @param changes of this experiment, as YAML
   */
  static TrainConfig config(
      String title, String changes, @Nullable Path file, @Nullable Integer epochs, BaseOption base)
      throws IOException {
    TrainConfig config = TrainConfig.parse("preset", PRESET, Demo.defaultConfig());
    config = TrainConfig.parse(title, changes, config);
    config = file == null ? config : TrainConfig.read(file, config);
    config = epochs == null ? config : config.withEpochs(epochs);
    return base.folder() == null ? config : config.withModel(String.valueOf(base.folder()));
  }

  /** The command as the user gave it. */
  static String command(CommandSpec spec) {
    return "./"
        + spec.qualifiedName()
        + " "
        + String.join(
            " ",
            spec.commandLine().getParseResult().originalArgs().stream()
                .dropWhile(arg -> !arg.equals(spec.name()))
                .skip(1)
                .toList());
  }
}
