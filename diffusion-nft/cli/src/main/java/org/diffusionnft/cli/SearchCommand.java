package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.studies.experiment.SearchRun;
import org.diffusionnft.studies.experiment.SearchSpace;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.config.TrainConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dnft experiment search METHOD}. */
@Command(
    name = "search",
    description = {
      "Searches for the best settings of a method on ShapesWorld: draws some at random, trains"
          + " with each for the same number of epochs, and ranks them on held-out prompts. Writes"
          + " a page, all results as JSON, and the best settings for 'dnft train --config'. If"
          + " stopped, it resumes when started again with the same options; a larger --settings"
          + " tries more."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SearchCommand implements Callable<Integer> {
  private static final String LENGTH = "epochs: 15\n";

  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private BaseOption base;

  @Parameters(
      paramLabel = "METHOD",
      description = "nft, flow-grpo, dance-grpo, rejection or reward-weighted.")
  private String method;

  @Option(
      names = "--settings",
      paramLabel = "N",
      defaultValue = "24",
      description = "Number of settings to try. Default: ${DEFAULT-VALUE}.")
  private int settings;

  @Option(names = "--epochs", paramLabel = "N", description = "Epochs of each run. Default: 15.")
  private @Nullable Integer epochs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "11",
      description =
          "Seed of the random settings and of each training run. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for runs and results. Default: dnft-search-METHOD.")
  private @Nullable Path out;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings that all runs share instead of the demo's, as YAML.")
  private @Nullable Path configFile;

  @Override
  public Integer call() throws IOException, InterruptedException {
    SearchSpace space = SearchSpace.of(method);
    TrainConfig config = ExperimentOptions.config("search", LENGTH, configFile, epochs, base);
    Path folder = out == null ? Path.of("dnft-search-" + method) : out;
    SearchRun search = new SearchRun(space, config.withSeed(seed), settings, seed, folder);
    String command = ExperimentOptions.command(spec);
    PrintWriter console = spec.commandLine().getOut();
    try (Device device = compute.open()) {
      return Interruption.during(
          spec.commandLine().getErr(),
          command,
          stop -> {
            List<SearchRun.Tried> tried =
                search.run(device, command, new ExperimentProgress(compute), stop);
            console.printf(
                Locale.ROOT,
                "best of %d: setting %d, strict score %.1f %%: %s%nwritten to %s%n",
                tried.size(),
                tried.getFirst().number(),
                100 * tried.getFirst().score(),
                folder.resolve("best.yaml"),
                folder.resolve("index.html"));
            console.flush();
          });
    }
  }
}
