package org.diffusionnft.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.diffusionnft.images.Png;
import org.diffusionnft.images.Sheet;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.peft.AdapterFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft sample}: samples pictures for a prompt. */
@Command(
    name = "sample",
    description = {
      "Samples pictures for a prompt: with --model from a Stable Diffusion 3 model on disk,"
          + " otherwise from a ShapesWorld model, which knows only shapes and colours."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SampleCommand implements Callable<Integer> {
  private static final int COLUMNS = 6;
  private static final int SCALE = 8;
  private static final int SHAPES_STEPS = 10;
  private static final Set<String> OF_MODELS = Set.of("--parts", "--cache", "--no-cache");

  @Spec private CommandSpec spec;
  @Mixin private PrecisionOption precision;

  @Mixin private ComputeOptions compute;
  @Mixin private ModelOptions model;
  @Mixin private BaseOption base;
  @Mixin private CacheOptions caching;

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description =
          "PEFT folder of an adapter; with --model also a diffusers LoRA file. Default: the base"
              + " model alone.")
  private @Nullable Path adapterFolder;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "What to show, such as \"a red circle left of a blue square\".")
  private String prompt;

  @Option(
      names = "--out",
      paramLabel = "FILE.png",
      required = true,
      description = "The picture file to write; an existing one is overwritten.")
  private Path out;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of pictures, laid out on one sheet. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the noise. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Sampling steps. Default: 10, with --model 40.")
  private @Nullable Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description =
          "Scale of classifier-free guidance; up to 1: none. Default: 1, with --model 4.5.")
  private @Nullable Double guidance;

  @ArgGroup(validate = false, heading = "%nWith --model:%n")
  private PictureOptions pictures = new PictureOptions();

  @Override
  public Integer call() throws IOException {
    if (count < 1 || count > 10_000) {
      throw new InvalidInputException("--count must be 1 to 10000, not " + count);
    }
    if (!out.toString().toLowerCase(java.util.Locale.ROOT).endsWith(".png")) {
      throw new InvalidInputException("--out must name a file that ends with .png, not " + out);
    }
    AtomicFile.requireWritable(out);
    if (model.path() != null) {
      return withModel();
    }
    refuseOptionsOfModels();
    PictureSheet.require(count, SampleCommand::layout);
    ShapesPrompt asked = ShapesPrompt.parse(prompt);
    SamplingSettings settings =
        ShapesModel.SAMPLING
            .withSteps(steps == null ? SHAPES_STEPS : steps)
            .withGuidanceScale(guidance == null ? 1 : guidance)
            .withPrecision(precision.or(Precision.F32));
    try (Device device = compute.open();
        Mmdit model = base.load(device)) {
      List<float[]> images = sample(model, settings);
      write(images);
      long right = images.stream().filter(image -> Judge.judge(asked, image).strict()).count();
      PrintWriter console = spec.commandLine().getOut();
      console.printf("%s: %d of %d show exactly this%n", out, right, images.size());
      console.flush();
    }
    return 0;
  }

  /** Options without effect are rejected, not silently ignored. */
  private void refuseOptionsOfModels() {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (option.group() != null || OF_MODELS.contains(option.longestName())) {
        throw new InvalidInputException(
            option.longestName()
                + " is for models on disk: name one with --model, or leave "
                + option.longestName()
                + " out");
      }
    }
  }

  private int withModel() throws IOException {
    if (base.folder() != null) {
      throw new InvalidInputException("--base names a ShapesWorld model: leave out --model");
    }
    PictureRequest usual = pictures.request(prompt).withSeed(seed).withCount(count);
    PictureRequest request =
        usual
            .withSteps(steps == null ? usual.steps() : steps)
            .withGuidance(guidance == null ? usual.guidance() : guidance);
    List<Path> files =
        new ModelSample(compute, model, pictures, caching, precision.or(Precision.F32))
            .run(request, adapterFolder, out);
    PrintWriter console = spec.commandLine().getOut();
    files.forEach(console::println);
    console.flush();
    return 0;
  }

  private List<float[]> sample(Mmdit model, SamplingSettings settings) throws InvalidFileException {
    List<String> captions = Collections.nCopies(count, prompt);
    if (adapterFolder == null) {
      return new ShapesSampler(model, ForwardPass.BASE, settings).sample(captions, seed, _ -> {});
    }
    try (Adapter adapter = AdapterFile.load(adapterFolder, model.config(), model.device())) {
      return new ShapesSampler(model, ForwardPass.with(adapter), settings)
          .sample(captions, seed, _ -> {});
    }
  }

  private static Sheet layout(int count) {
    return ShapesPictures.layout(Math.min(count, COLUMNS), SCALE);
  }

  private void write(List<float[]> images) throws IOException {
    BufferedImage sheet =
        ShapesPictures.sheet(
            Math.min(count, COLUMNS), SCALE, images, Collections.nCopies(count, prompt));
    AtomicFile.write(out, Png.encode(sheet));
  }
}
