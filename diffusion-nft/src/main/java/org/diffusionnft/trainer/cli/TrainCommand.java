package org.diffusionnft.trainer.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.models.Mmdit;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.trainer.shapes.ShapesModel;
import org.diffusionnft.trainer.shapes.ShapesTask;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft train}: DiffusionNFT as a configuration file says. */
@Command(
    name = "train",
    description = {
      "Trains with DiffusionNFT as a YAML file says; what it leaves out has the reference code's"
          + " value. A run that was stopped goes on with --resume, to the same bytes."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;

  @Option(names = "--config", paramLabel = "FILE", description = "The settings, as YAML.")
  private @Nullable Path configFile;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for the run. Default: 'output' of the settings.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Goes on with the run in this folder; it needs no other setting.")
  private @Nullable Path resume;

  @Option(names = "--epochs", paramLabel = "N", description = "Instead of 'epochs'.")
  private @Nullable Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Instead of 'seed'.")
  private @Nullable Long seed;

  @Override
  public Integer call() throws IOException {
    if ((configFile == null) == (resume == null)) {
      throw new IllegalArgumentException("give either --config FILE or --resume DIR");
    }
    if (resume != null && (epochs != null || seed != null || out != null)) {
      throw new IllegalArgumentException(
          "--resume goes on with a run as it was started: leave out --epochs, --seed and --out");
    }
    TrainConfig config = resume != null ? TrainRun.configOf(resume) : read(configFile);
    Path folder = resume != null ? resume : out != null ? out : Path.of(config.output());
    try (Device device = compute.open();
        Mmdit model = model(config, device);
        TrainRun run =
            resume != null
                ? TrainRun.resume(folder, model)
                : TrainRun.start(folder, config, model)) {
      try (TrainingProgress progress =
          new TrainingProgress(compute, run.epoch(), config.epochs())) {
        run.train(
            progress,
            (epoch, outcome) ->
                compute.note(
                    String.format(
                        Locale.ROOT,
                        "epoch %d, held out: strict score %.1f %%",
                        epoch,
                        100 * outcome.scores().total().strict())));
      }
    }
    PrintWriter console = spec.commandLine().getOut();
    console.println("written to " + folder);
    console.flush();
    return 0;
  }

  private TrainConfig read(@Nullable Path file) throws IOException {
    if (file == null) {
      throw new IllegalArgumentException("give --config FILE");
    }
    TrainConfig config = TrainConfig.read(file);
    config = epochs == null ? config : config.withEpochs(epochs);
    return seed == null ? config : config.withSeed(seed);
  }

  private static Mmdit model(TrainConfig config, Device device) throws IOException {
    return config.model().equals(ShapesTask.NAME)
        ? ShapesModel.shipped(device)
        : ShapesModel.load(Path.of(config.model()), device);
  }
}
