package org.diffusionnft.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.diffusionnft.weights.io.PlainNumber;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code dnft sample} for models on disk. */
final class PictureOptions {
  private static final PictureRequest USUAL = PictureRequest.of("");

  @Option(
      names = "--negative",
      paramLabel = "TEXT",
      description = "Negative prompt for guidance. Default: empty.")
  private String negative = USUAL.negative();

  @Option(
      names = "--width",
      paramLabel = "PIXELS",
      description = "A multiple of 16. Default: ${DEFAULT-VALUE}.")
  private int width = USUAL.width();

  @Option(
      names = "--height",
      paramLabel = "PIXELS",
      description = "A multiple of 16. Default: ${DEFAULT-VALUE}.")
  private int height = USUAL.height();

  @Option(
      names = "--solver",
      paramLabel = "NAME",
      description = "flow (Euler), ddim, dpm1 or dpm2. Default: ${DEFAULT-VALUE}.")
  private String solver = USUAL.solver();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Batch size; affects memory and speed only. Default: ${DEFAULT-VALUE}.")
  private int batch = USUAL.batch();

  @Option(
      names = "--t5-tokens",
      paramLabel = "N",
      description = "Number of prompt tokens for T5. Default: ${DEFAULT-VALUE}.")
  private int t5Tokens = PictureModel.Options.DEFAULT.t5Tokens();

  @Option(
      names = "--no-t5",
      description = "Skip T5, the largest text encoder; zeros replace its output.")
  private boolean withoutT5;

  @Option(
      names = "--skip-layers",
      paramLabel = "N,N,...",
      description =
          "Layers of skip-layer guidance, or none. Default: 7,8,9 for Stable"
              + " Diffusion 3.5 Medium, none for others.")
  private @Nullable String skipLayers;

  @Option(
      names = "--skip-scale",
      paramLabel = "SCALE",
      description =
          "With --skip-layers: guidance scale, used in the first fifth of the steps. Default:"
              + " 2.8.")
  private @Nullable Double skipScale;

  @Option(
      names = "--tile",
      paramLabel = "PIXELS",
      description = "Larger pictures are decoded in tiles of this size. Default: ${DEFAULT-VALUE}.")
  private int tile = PictureModel.Options.DEFAULT.tile();

  /** The request for pictures of a prompt. */
  PictureRequest request(String prompt) {
    return PictureRequest.of(prompt)
        .withNegative(negative)
        .withWidth(width)
        .withHeight(height)
        .withSkipping(skipping())
        .withSolver(solver)
        .withBatch(batch);
  }

  /** How T5 is used, for display. */
  String t5() {
    return withoutT5 ? "none" : t5Tokens + " tokens";
  }

  /** The options to open the model with. */
  PictureModel.Options toModel(@Nullable Path parts, Precision precision) {
    if (tile < PipelineSettings.LEAST_TILE) {
      throw new InvalidInputException(
          "--tile must be at least %d, not %d".formatted(PipelineSettings.LEAST_TILE, tile));
    }
    return new PictureModel.Options(parts, !withoutT5, t5Tokens, tile, precision);
  }

  /** The requested skip-layer guidance; null for the recommended one. */
  private @Nullable SkipLayerGuidance skipping() {
    boolean layers = skipLayers != null && !skipLayers.equals("none");
    if (skipScale != null && !layers) {
      throw new InvalidInputException("--skip-scale needs --skip-layers, which layers to skip");
    }
    if (skipLayers == null) {
      return null;
    }
    if (!layers) {
      return SkipLayerGuidance.NONE;
    }
    try {
      Set<Integer> numbers =
          Arrays.stream(skipLayers.split(","))
              .map(s -> Math.toIntExact(PlainNumber.parseWhole(s.strip())))
              .collect(Collectors.toSet());
      SkipLayerGuidance usual = SkipLayerGuidance.SD35_MEDIUM;
      double scale = skipScale == null ? usual.scale() : skipScale;
      return new SkipLayerGuidance(numbers, scale, usual.start(), usual.stop());
    } catch (NumberFormatException | ArithmeticException e) {
      throw new InvalidInputException(
          "--skip-layers takes numbers like 7,8,9 or none, not " + skipLayers, e);
    }
  }
}
