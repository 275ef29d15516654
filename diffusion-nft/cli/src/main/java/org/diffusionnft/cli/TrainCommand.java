package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.shapes.training.Trainables;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.AdapterSettings;
import org.diffusionnft.trainer.config.EvaluationSettings;
import org.diffusionnft.trainer.config.Preset;
import org.diffusionnft.trainer.config.SettingsReference;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.run.CrewConnection;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.trainer.run.Trainable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft train}: training as a configuration file describes. */
@Command(
    name = "train",
    description = {
      "Trains with the settings of a YAML file, by DiffusionNFT or 'algorithm: grpo', 'awm' or"
          + " 'crd'; missing settings have the reference code's values. A stopped run continues"
          + " with --resume and ends with the same bytes.",
      "The paper's runs have names: sd3-geneval, sd3-ocr, sd3-pickscore, sd3-hpsv2 and"
          + " sd3-multi-reward. Each needs a model on disk (--model) and prompts (--prompts)."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PrecisionOption precision;

  @Mixin private ComputeOptions compute;

  @Mixin private CacheOptions caching;

  @Mixin private SparkOptions spark;

  @Option(
      names = "--config",
      paramLabel = "FILE|NAME",
      description = "The settings: a YAML file, or one of the paper's runs.")
  private @Nullable String settings;

  @Option(
      names = "--print-config",
      description =
          "Prints all settings as commented YAML, to be saved and edited, and exits. Without"
              + " --config: the defaults.")
  private boolean printing;

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "Instead of 'model': a diffusers folder or single file, or shapes.")
  private @Nullable String model;

  @Option(
      names = "--prompts",
      paramLabel = "PATH",
      description =
          "Instead of 'prompts.source': a .txt or .jsonl file, or a folder with train.txt or"
              + " train_metadata.jsonl.")
  private @Nullable String prompts;

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description =
          "Starts from this adapter instead of a new one: a PEFT folder or diffusers LoRA file,"
              + " with its rank, alpha and targets.")
  private @Nullable String adapter;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for the run. Default: 'output' of the settings.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description =
          "Resumes the run in this folder; no other option is needed. With --epochs, a finished"
              + " run is extended.")
  private @Nullable Path resume;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Instead of 'epochs': total number of epochs of the run.")
  private @Nullable Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Instead of 'seed'.")
  private @Nullable Long seed;

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean none = settings == null && resume == null;
    if ((none && !printing) || (settings != null && resume != null)) {
      throw new InvalidInputException("give either --config FILE or --resume DIR");
    }
    if (resume != null
        && (seed != null || out != null || model != null || prompts != null || adapter != null)) {
      throw new InvalidInputException(
          "--resume goes on with a run as it was started: leave out --seed, --out, --model,"
              + " --prompts and --adapter; --epochs makes it longer");
    }
    if (printing) {
      TrainConfig config = resume == null ? read() : Resumption.settings(resume);
      spec.commandLine().getOut().print(SettingsReference.commented(config));
      spec.commandLine().getOut().flush();
      return 0;
    }
    if (resume != null) {
      try (Resumption found = Resumption.find(resume)) {
        Resumption from = epochs == null ? found : found.withEpochs(epochs);
        Resumed.show(from, compute);
        return train(
            resume,
            from.config(),
            (trainable, cluster) -> TrainRun.resume(from, trainable, cluster));
      }
    }
    TrainConfig config = read();
    Path folder = out == null ? Path.of(config.output()) : out;
    TrainRun.requireStartable(folder);
    return train(
        folder, config, (trainable, cluster) -> TrainRun.start(folder, config, trainable, cluster));
  }

  @FunctionalInterface
  private interface Opening {
    TrainRun open(Trainable trainable, @Nullable CrewConnection cluster) throws IOException;
  }

  private int train(Path folder, TrainConfig config, Opening opening)
      throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try (Device device = compute.open();
        Trainable trainable =
            Trainables.open(config, device, caching.folder(), new ConsoleListener());
        CrewConnection cluster = spark.connect(folder, device, compute, caching.folder());
        TrainRun run = opening.open(trainable, cluster)) {
      tellStart(run);
      Resumed.showRepairs(run, compute);
      String command = Launched.command("train", "--resume", folder);
      int stopped =
          Interruption.during(
              err,
              command,
              stop -> {
                try (TrainingProgress progress =
                    new TrainingProgress(compute, run.epoch(), config.epochs(), run::crewWords)) {
                  run.train(progress, this::tell, stop);
                }
              });
      if (stopped != 0) {
        return stopped;
      }
    }
    PrintWriter console = spec.commandLine().getOut();
    console.println("written to " + folder);
    console.flush();
    return 0;
  }

  private void tell(long epoch, Evaluation evaluation) {
    compute.note("epoch " + epoch + ", held out: " + evaluation.summary());
  }

  private void tellStart(TrainRun run) {
    AdapterSettings begun = run.config().adapter();
    if (begun.hasStart() && run.epoch() == 0) {
      compute.note(
          "starting from adapter %s: rank %d, alpha %s"
              .formatted(begun.start(), begun.rank(), begun.alpha()));
    }
  }

  private TrainConfig read() throws IOException {
    String name = String.valueOf(settings);
    Optional<Preset> preset = Preset.named(name);
    if (preset.isEmpty() && name.startsWith("sd3-") && !Files.exists(Path.of(name))) {
      throw new InvalidInputException(
          "there is no run called '" + name + "': those of the paper are " + Preset.names());
    }
    TrainConfig config =
        settings == null
            ? TrainConfig.official()
            : preset.isPresent() ? preset.get().config() : TrainConfig.read(Path.of(name));
    config = epochs == null ? config : config.withEpochs(epochs);
    config = model == null ? config : config.withModel(model);
    config = prompts == null ? config : withPrompts(config, prompts);
    config = adapter == null ? config : config.withAdapter(AdapterSettings.startingFrom(adapter));
    config = seed == null ? config : config.withSeed(seed);
    Precision sampled = precision.or(config.sampling().precision());
    Precision trained = precision.or(config.training().precision());
    EvaluationSettings evaluation = config.evaluation();
    Precision evaluated = precision.or(evaluation.sampling().precision());
    return config
        .withSampling(config.sampling().withPrecision(sampled))
        .withTraining(config.training().withPrecision(trained))
        .withEvaluation(evaluation.withSampling(evaluation.sampling().withPrecision(evaluated)));
  }

  private static TrainConfig withPrompts(TrainConfig config, String source) {
    for (StagePlan.Part part : config.plan().parts()) {
      if (!part.config().prompts().source().equals(config.prompts().source())) {
        throw new InvalidInputException(
            "--prompts takes the place of prompts.source, but stage '%s' has its own, %s: leave --prompts out, and write each stage's prompts into the settings (--print-config)"
                .formatted(part.name(), part.config().prompts().source()));
      }
    }
    return config.withPrompts(config.prompts().withSource(source));
  }

  /** Shows the warnings of the model. */
  private final class ConsoleListener implements PictureListener {
    @Override
    public void warning(String sentence) {
      compute.warn(sentence);
    }

    @Override
    public void stage(String sentence) {} // the progress display is enough

    @Override
    public void evaluated(long done, long all) {}
  }
}
