package org.diffusionnft.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.studies.demo.Contender;
import org.diffusionnft.studies.demo.Demo;
import org.diffusionnft.studies.demo.DemoFolder;
import org.diffusionnft.studies.demo.DemoListener;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.TrainedBatch;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.AtomicFolder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft demo}: the main job, with nothing to download and nothing to configure. */
@Command(
    name = "demo",
    description = {
      "Trains a small diffusion transformer with DiffusionNFT, here and now: shows what the base"
          + " model makes of some prompts, trains it on a rule-based reward, and compares both on"
          + " prompts that were held out."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DemoCommand implements Callable<Integer> {
  private static final int SHOWN = 6;

  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private BaseOption base;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "dnft-demo",
      description = "Folder for pictures, scores and the adapter. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(names = "--epochs", paramLabel = "N", description = "Rounds of sampling and training.")
  private @Nullable Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the training.")
  private @Nullable Long seed;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Other settings than the built-in ones, as YAML.")
  private @Nullable Path configFile;

  @Override
  public Integer call() throws IOException {
    TrainConfig config = config();
    AtomicFolder.requireWritable(out);
    try (Device device = compute.open();
        Mmdit model = base.load(device)) {
      Demo.Result result = new Demo(model, config).run(new Display(config));
      try (var adapter = result.adapter()) {
        DemoFolder.write(out, result);
      }
      report(result);
    }
    return 0;
  }

  private TrainConfig config() throws IOException {
    TrainConfig config = Demo.defaultConfig();
    if (configFile != null) {
      config = TrainConfig.read(configFile, config);
    }
    config = epochs == null ? config : config.withEpochs(epochs);
    return seed == null ? config : config.withSeed(seed);
  }

  private void report(Demo.Result result) {
    PrintWriter console = spec.commandLine().getOut();
    console.println();
    console.println(DemoFolder.table(result));
    console.println();
    console.printf(
        Locale.ROOT,
        "%d epochs, %d samples, %.0f s. In %s: before-after.png, reward-curve.png, adapter/,"
            + " summary.json, metrics.jsonl%n",
        result.epochs().size(),
        result.samples(),
        result.seconds(),
        out);
    console.printf(
        "Go on: dnft sample --adapter %s --prompt \"a red circle left of a blue square\" --out"
            + " picture.png%n",
        out.resolve("adapter"));
    console.flush();
  }

  /** What is shown on the way. */
  private final class Display implements DemoListener {
    private final TrainConfig config;
    private @Nullable Progress evaluation;
    private @Nullable TrainingProgress training;

    private Display(TrainConfig config) {
      this.config = config;
    }

    @Override
    public void evaluating(Contender contender, int images, int of) {
      if (training != null) {
        training.close();
        training = null;
      }
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
      if (contender == Contender.BASE) {
        show(outcome);
      }
      compute.note(
          String.format(
              Locale.ROOT,
              "%s: strict score %.1f %%",
              contender.title(),
              100 * outcome.scores().total().strict()));
      if (contender == Contender.BASE_CFG) {
        training = new TrainingProgress(compute, 0, config.epochs());
      }
    }

    /** The base model's samples, where there is a terminal to show them on. */
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
      TerminalPictures.print(spec.commandLine().getErr(), pictures, captions);
    }

    @Override
    public void sampled(long epoch, int images, int of) {
      if (training != null) {
        training.sampled(epoch, images, of);
      }
    }

    @Override
    public void trained(long epoch, int done, int of, @Nullable TrainedBatch batch) {
      if (training != null) {
        training.trained(epoch, done, of, batch);
      }
    }

    @Override
    public void epochDone(EpochReport report) {
      if (training != null) {
        training.epochDone(report);
      }
    }
  }
}
