package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.studies.benchmark.Benchmark;
import org.diffusionnft.studies.benchmark.BenchmarkModel;
import org.diffusionnft.studies.benchmark.BenchmarkRun;
import org.diffusionnft.studies.benchmark.BenchmarkSettings;
import org.diffusionnft.studies.benchmark.DiskBenchmarkModel;
import org.diffusionnft.studies.benchmark.Policy;
import org.diffusionnft.studies.benchmark.ShapesBenchmarkModel;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft evaluate}: compares policies. */
@Command(
    name = "evaluate",
    description = {
      "Compares a model and adapters on the same prompts and noise: means with 95 %% intervals,"
          + " differences prompt by prompt, categories, pictures, and the paper's table. The"
          + " defaults are those of the paper's table 1: 40 first-order steps, no guidance. A"
          + " stopped evaluation resumes when started again; more adapters can be added later."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions policies;
  @Mixin private PrecisionOption precision;
  @Mixin private ComputeOptions compute;
  @Mixin private CacheOptions caching;
  @Mixin private RewardsOption rewards;

  @Option(
      names = "--without-base",
      description = "Omits the model without an adapter, which otherwise comes first.")
  private boolean withoutBase;

  @Option(
      names = "--benchmark",
      paramLabel = "NAME|FILE",
      required = true,
      description =
          "geneval, ocr, pickscore or drawbench, whose prompts are in the reference code's folder"
              + " dataset/; shapes; or a file of prompts, .txt or .jsonl.")
  private String benchmark;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder for scores, results.json, index.html, sheet.png and pictures.")
  private Path out;

  @Option(
      names = "--prompts",
      paramLabel = "N",
      description = "Only the first N prompts. Default: all.")
  private @Nullable Integer most;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "40",
      description = "Sampling steps. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--solver",
      paramLabel = "NAME",
      defaultValue = "flow",
      description = "flow (Euler), ddim, dpm1 or dpm2. Default: ${DEFAULT-VALUE}.")
  private String solver;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      defaultValue = "1",
      description = "Scale of classifier-free guidance; up to 1: none. Default: none.")
  private double guidance;

  @Option(
      names = "--resolution",
      paramLabel = "PIXELS",
      defaultValue = "512",
      description = "Side of pictures from a model on disk. Default: ${DEFAULT-VALUE}.")
  private int resolution;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Batch size. Default: 14, for ShapesWorld 129.")
  private @Nullable Integer batch;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "7",
      description = "Seed of the noise. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "12",
      description =
          "Number of pictures kept per policy, from the first on. Default: ${DEFAULT-VALUE}.")
  private int kept;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Benchmark measured =
        Benchmark.open(benchmark, rewards.settings(), most == null ? Integer.MAX_VALUE : most);
    List<Policy> all = new ArrayList<>(withoutBase ? List.of() : List.of(Policy.BASE));
    all.addAll(policies.adapters());
    BenchmarkSettings settings =
        new BenchmarkSettings(policies.model(), resolution, sampling(), seed, kept);
    BenchmarkRun run = new BenchmarkRun(measured, settings, all, out);
    PrintWriter console = spec.commandLine().getOut();
    try (WeightedRewards scoring = WeightedRewards.open(measured.rewards());
        Device device = compute.open();
        BenchmarkModel opened = open(settings, device);
        Shown shown = new Shown()) {
      return Interruption.during(
          spec.commandLine().getErr(),
          command(),
          stop -> {
            String text = run.run(opened, scoring, shown, stop);
            shown.close();
            console.println(text);
            console.println("written to " + out);
            console.flush();
          });
    }
  }

  private boolean isShapes() {
    return policies.isShapes() || benchmark.equals(Benchmark.SHAPES);
  }

  private BenchmarkModel open(BenchmarkSettings settings, Device device) throws IOException {
    if (isShapes()) {
      return ShapesBenchmarkModel.open(settings, device);
    }
    PictureModel.Options usual = PictureModel.Options.DEFAULT;
    return DiskBenchmarkModel.open(
        settings,
        new PictureModel.Options(
            policies.parts(),
            usual.withT5(),
            usual.t5Tokens(),
            usual.tile(),
            settings.sampling().precision()),
        device,
        caching.folder(),
        new Warnings());
  }

  private SamplingSettings sampling() {
    SamplingSettings usual =
        isShapes() ? ShapesModel.SAMPLING : SamplingSettings.officialEvaluation();
    return usual
        .withSteps(steps)
        .withSolver(solver)
        .withGuidanceScale(guidance)
        .withBatchSize(batch == null ? usual.batchSize() : batch)
        .withPrecision(precision.or(Precision.F32));
  }

  private String command() {
    return Launched.command(spec.commandLine().getParseResult().originalArgs().toArray());
  }

  /** Shows the warnings of the model. */
  private final class Warnings implements PictureListener {
    @Override
    public void warning(String sentence) {
      compute.warn(sentence);
    }
  }

  /** Shows the progress. */
  private final class Shown implements BenchmarkRun.Listener, AutoCloseable {
    private @Nullable Progress progress;

    @Override
    public void scored(Policy policy, long done, long all) {
      if (progress == null) {
        progress = compute.progress("evaluating", done, all);
      }
      progress.to(done, policy.name());
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
        progress = null;
      }
    }
  }
}
