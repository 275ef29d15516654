package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.evaluation.ScoreTable;
import org.diffusionnft.shapes.evaluation.ScoreText;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesModelConfig;
import org.diffusionnft.shapes.pretrain.PretrainListener;
import org.diffusionnft.shapes.pretrain.PretrainRun;
import org.diffusionnft.shapes.pretrain.PretrainSettings;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.Stop;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft pretrain shapes}: the base model of ShapesWorld. */
@Command(
    name = "shapes",
    description = {
      "Trains the base model of ShapesWorld from scratch, the way the shipped one was made.",
      "A stopped run continues with --resume and ends with the same bytes."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PretrainShapesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder for the model, its score, and the state of the run.")
  private Path out;

  @Option(names = "--steps", paramLabel = "N", description = "Optimizer steps. Default: 9000.")
  private @Nullable Integer steps;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures per step. Default: 48.")
  private @Nullable Integer batch;

  @Option(names = "--lr", paramLabel = "RATE", description = "Peak learning rate. Default: 0.005.")
  private @Nullable Double learningRate;

  @Option(
      names = "--caption-mistakes",
      paramLabel = "SHARE",
      description = "Fraction of pictures that do not match their caption. Default: 0.7.")
  private @Nullable Double captionMistakes;

  @Option(
      names = "--level-mean",
      paramLabel = "X",
      description = "Mean of the logit-normal distribution of noise levels. Default: 0.7.")
  private @Nullable Double levelMean;

  @Option(
      names = "--level-spread",
      paramLabel = "X",
      description = "Standard deviation of that distribution. Default: 1.2.")
  private @Nullable Double levelSpread;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of everything. Default: 0.")
  private @Nullable Long seed;

  @Option(names = "--resume", description = "Resumes the run in the folder.")
  private boolean resume;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "250",
      description = "Steps between saved states. Default: ${DEFAULT-VALUE}.")
  private int interval;

  @Option(
      names = "--eval-prompts",
      paramLabel = "N",
      defaultValue = "" + HeldOut.FULL,
      description =
          "Number of held-out prompts for the final score; 0 for none. Default: ${DEFAULT-VALUE}.")
  private int evalPrompts;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (interval < 1) {
      throw new InvalidInputException("--checkpoint-every must be at least 1, not " + interval);
    }
    HeldOut heldOut = evalPrompts == 0 ? null : HeldOut.of(evalPrompts);
    PretrainSettings settings = resume ? resumed() : asked(PretrainSettings.SHAPES);
    try (Device device = compute.open();
        PretrainRun run =
            resume
                ? PretrainRun.resume(out, device, ShapesModelConfig.BASE)
                : PretrainRun.start(out, device, ShapesModelConfig.BASE, settings)) {
      return Interruption.during(
          spec.commandLine().getErr(),
          Launched.command("pretrain", "shapes", "--resume", "--out", out),
          stop -> {
            train(run, stop);
            if (heldOut != null) {
              evaluate(run, heldOut, stop);
            }
          });
    }
  }

  /** The settings from the command line, with defaults from the given recipe. */
  private PretrainSettings asked(PretrainSettings defaults) {
    return defaults
        .withSteps(steps == null ? defaults.steps() : steps)
        .withBatch(batch == null ? defaults.batch() : batch)
        .withLearningRate(learningRate == null ? defaults.learningRate() : learningRate)
        .withCaptionMistakes(captionMistakes == null ? defaults.captionMistakes() : captionMistakes)
        .withLevelMean(levelMean == null ? defaults.levelMean() : levelMean)
        .withLevelSpread(levelSpread == null ? defaults.levelSpread() : levelSpread)
        .withSeed(seed == null ? defaults.seed() : seed);
  }

  private PretrainSettings resumed() throws IOException {
    PretrainSettings before = PretrainRun.settings(out);
    if (!asked(before).equals(before)) {
      throw new InvalidInputException(
          String.format(
              Locale.ROOT,
              "the run in %s has --steps %d --batch %d --lr %s --seed %d: resume it without these"
                  + " options, or start another in a new folder",
              out,
              before.steps(),
              before.batch(),
              before.learningRate(),
              before.seed()));
    }
    return before;
  }

  private void train(PretrainRun run, Stop stop) throws IOException, InterruptedException {
    RunningMean loss = new RunningMean(0.98);
    try (Progress progress = compute.progress("pretraining", run.step(), run.settings().steps())) {
      run.train(
          interval,
          new PretrainListener() {
            @Override
            public void stepDone(Step step) {
              progress.to(
                  step.step(), String.format(Locale.ROOT, "loss %.4f", loss.add(step.loss())));
            }

            @Override
            public void repaired(String sentence) {
              spec.commandLine().getErr().println("dnft: warning: " + sentence);
              spec.commandLine().getErr().flush();
            }
          },
          stop);
    }
  }

  private void evaluate(PretrainRun run, HeldOut heldOut, Stop stop) throws IOException {
    PretrainRun.Scores scores;
    try (Progress progress = compute.progress("evaluating", 0, 2L * heldOut.prompts().size())) {
      scores =
          run.evaluate(
              heldOut,
              done -> {
                stop.check();
                progress.to(done, "");
              });
    }
    SequencedMap<String, ScoreTable> table = new LinkedHashMap<>();
    table.put("without guidance", scores.plain().scores());
    table.put("guidance " + ShapesModel.GUIDANCE, scores.guided().scores());
    PrintWriter console = spec.commandLine().getOut();
    console.println(ScoreText.of(table));
    console.println("written to " + out);
    console.flush();
  }
}
