package org.diffusionnft.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.studies.demo.Comparison;
import org.diffusionnft.studies.demo.Contender;
import org.diffusionnft.studies.demo.Demo;
import org.diffusionnft.studies.demo.DemoListener;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.TrainingListener;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.trainer.run.Resumption;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.weights.io.AtomicFolder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft demo}: a training with nothing to download and nothing to configure. */
@Command(
    name = "demo",
    description = {
      "Trains a small diffusion transformer with DiffusionNFT, here and now: shows the base"
          + " model's pictures of some prompts, trains it on a rule-based reward, and compares"
          + " both on held-out prompts."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DemoCommand implements Callable<Integer> {
  private static final int SHOWN = 6;
  private static final String FOLDER = "dnft-demo";

  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private BaseOption base;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Folder of the run, for pictures, scores and the adapter. Default: " + FOLDER + ".")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Resumes the demo in this folder; no other option is needed.")
  private @Nullable Path resume;

  @Option(names = "--epochs", paramLabel = "N", description = "Rounds of sampling and training.")
  private @Nullable Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the training.")
  private @Nullable Long seed;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings to use instead of the built-in ones, as YAML.")
  private @Nullable Path configFile;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return resume == null ? start(out == null ? Path.of(FOLDER) : out) : resume(resume);
  }

  private int start(Path folder) throws IOException, InterruptedException {
    TrainConfig config = config();
    requireNew(folder);
    try (Device device = compute.open();
        Demo demo = Demo.start(folder, config, device)) {
      return run(demo, folder, config);
    }
  }

  /** Checks that the folder is new; otherwise the error says what can be done with its content. */
  private static void requireNew(Path folder) throws IOException {
    if (Files.exists(folder.resolve("config.yaml"))) {
      boolean finished = Files.exists(folder.resolve("summary.json"));
      throw new InvalidInputException(
          "%s holds a demo that %s: %s with '%s', or choose another folder with --out DIR"
              .formatted(
                  folder,
                  finished ? "is finished" : "was stopped",
                  finished ? "look at it" : "go on",
                  finished
                      ? Launched.command("report", folder)
                      : Launched.command("demo", "--resume", folder)));
    }
    TrainRun.requireStartable(folder);
    if (!Files.exists(folder)) {
      AtomicFolder.requireWritable(folder);
    }
  }

  private int run(Demo demo, Path folder, TrainConfig config)
      throws IOException, InterruptedException {
    return Interruption.during(
        spec.commandLine().getErr(),
        Launched.command("demo", "--resume", folder),
        stop -> report(folder, demo.run(new Display(config), stop)));
  }

  private int resume(Path folder) throws IOException, InterruptedException {
    if (out != null
        || epochs != null
        || seed != null
        || configFile != null
        || base.folder() != null) {
      throw new InvalidInputException(
          "--resume goes on with a demo as it was started: leave out --out, --epochs, --seed,"
              + " --config and --base");
    }
    try (Resumption from = Resumption.find(folder)) {
      Resumed.show(from, compute);
      try (Device device = compute.open();
          Demo demo = Demo.resume(from, device)) {
        return run(demo, folder, from.config());
      }
    }
  }

  private TrainConfig config() throws IOException {
    TrainConfig config = Demo.defaultConfig();
    if (configFile != null) {
      config = TrainConfig.read(configFile, config);
    }
    config = base.folder() == null ? config : config.withModel(String.valueOf(base.folder()));
    config = epochs == null ? config : config.withEpochs(epochs);
    return seed == null ? config : config.withSeed(seed);
  }

  private void report(Path folder, Demo.Result result) {
    PrintWriter console = spec.commandLine().getOut();
    console.println();
    console.println(Comparison.table(result));
    console.println();
    console.printf(
        Locale.ROOT,
        "%d %s, %d samples, %.0f s. In %s: before-after.png, reward-curve.png, adapter/,"
            + " summary.json, metrics.jsonl, checkpoints/%n",
        result.metrics().size(),
        result.metrics().size() == 1 ? "epoch" : "epochs",
        result.samples(),
        result.seconds(),
        folder);
    List<Object> sample =
        new ArrayList<>(List.of("sample", "--adapter", folder.resolve("adapter")));
    String model = result.config().model();
    if (!model.equals(ShapesModel.NAME)) {
      sample.addAll(List.of("--base", model)); // an adapter fits only the model it was trained on
    }
    sample.addAll(List.of("--prompt", "a blue circle", "--count", 6, "--out", "picture.png"));
    console.println("Look at it: " + Launched.command("report", folder));
    console.println("Draw with it: " + Launched.command(sample.toArray()));
    console.flush();
  }

  /** Displays the progress. */
  private final class Display implements DemoListener {
    private final TrainConfig config;
    private @Nullable Progress evaluation;
    private @Nullable TrainingProgress training;

    private Display(TrainConfig config) {
      this.config = config;
    }

    @Override
    public void evaluating(Contender contender, int images, int of) {
      if (evaluation == null) {
        evaluation = compute.progress("evaluating " + contender.title(), 0, of);
      }
      if (images > 0) {
        evaluation.to(images, "");
      }
    }

    @Override
    public void evaluated(Contender contender, HeldOut.Outcome outcome) {
      if (evaluation != null) {
        evaluation.close();
        evaluation = null;
      }
      if (contender.equals(Contender.BASE)) {
        show(outcome);
      }
      compute.note(
          String.format(
              Locale.ROOT,
              "%s: strict score %.1f %%",
              contender.title(),
              100 * outcome.scores().total().strict()));
    }

    /** Shows the base model's samples, if there is a terminal. */
    private void show(HeldOut.Outcome outcome) {
      if (compute.isQuiet() || !TerminalError.isTerminal()) {
        return;
      }
      List<BufferedImage> pictures =
          outcome.images().stream()
              .limit(SHOWN)
              .map(image -> ShapesPictures.pixels(image).toImage())
              .toList();
      List<String> captions =
          HeldOut.of(config.evaluation().prompts()).captions().subList(0, pictures.size());
      compute.note("Samples of the base model:");
      TerminalPictures.print(pictures, captions);
    }

    @Override
    public TrainingListener training(long epochsDone, int epochs) {
      training = new TrainingProgress(compute, epochsDone, epochs);
      return training;
    }

    @Override
    public void evaluated(long epoch, Evaluation evaluation) {
      compute.note("epoch " + epoch + ", held out: " + evaluation.summary());
    }

    @Override
    public void trained() {
      if (training != null) {
        training.close();
        training = null;
      }
    }
  }
}
