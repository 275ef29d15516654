package org.diffusionnft.cli;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.models.vae.TiledDecoding;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code dnft sample} asks besides for models on disk. */
final class PictureOptions {
  @Option(
      names = "--negative",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "With --model: what guidance leads away from. Default: nothing.")
  private String negative;

  @Option(
      names = "--width",
      paramLabel = "PIXELS",
      defaultValue = "1024",
      description = "With --model: a multiple of 16. Default: ${DEFAULT-VALUE}.")
  private int width;

  @Option(
      names = "--height",
      paramLabel = "PIXELS",
      defaultValue = "1024",
      description = "With --model: a multiple of 16. Default: ${DEFAULT-VALUE}.")
  private int height;

  @Option(
      names = "--solver",
      paramLabel = "NAME",
      defaultValue = "flow",
      description = "With --model: flow (Euler), ddim, dpm1 or dpm2. Default: ${DEFAULT-VALUE}.")
  private String solver;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "With --model: pictures made at once; changes memory and speed only. Default:"
              + " ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--t5-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "With --model: tokens of the prompt that T5 sees. Default: ${DEFAULT-VALUE}.")
  private int t5Tokens;

  @Option(
      names = "--no-t5",
      description = "With --model: do without T5, the largest text encoder; zeros take its place.")
  private boolean withoutT5;

  @Option(
      names = "--skip-layers",
      paramLabel = "N,N,...",
      description =
          "With --model: layers of skip-layer guidance, or none. Default: 7,8,9 for Stable"
              + " Diffusion 3.5 Medium, none for others.")
  private @Nullable String skipLayers;

  @Option(
      names = "--skip-scale",
      paramLabel = "SCALE",
      defaultValue = "2.8",
      description =
          "With --skip-layers: how strong, in the first fifth. Default: ${DEFAULT-VALUE}.")
  private double skipScale;

  @Option(
      names = "--tile",
      paramLabel = "PIXELS",
      defaultValue = "768",
      description =
          "With --model: larger pictures are decoded in tiles of this side. Default:"
              + " ${DEFAULT-VALUE}.")
  private int tile;

  String negative() {
    return negative;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  String solver() {
    return solver;
  }

  int batch() {
    return batch;
  }

  int t5Tokens() {
    return t5Tokens;
  }

  boolean withT5() {
    return !withoutT5;
  }

  /** Tiles of the side asked for, with an overlap of a quarter. */
  TiledDecoding tiles() {
    if (tile < PipelineSettings.LEAST_TILE) {
      throw new IllegalArgumentException(
          "--tile must be at least %d, not %d".formatted(PipelineSettings.LEAST_TILE, tile));
    }
    return TiledDecoding.ofPixels(tile, 8);
  }

  /** What was asked for; null for the recommendation. */
  @Nullable SkipLayerGuidance skipping() {
    if (skipLayers == null) {
      return null;
    }
    if (skipLayers.equals("none")) {
      return SkipLayerGuidance.NONE;
    }
    try {
      Set<Integer> layers =
          Arrays.stream(skipLayers.split(","))
              .map(s -> Integer.valueOf(s.strip()))
              .collect(Collectors.toSet());
      SkipLayerGuidance usual = SkipLayerGuidance.SD35_MEDIUM;
      return new SkipLayerGuidance(layers, skipScale, usual.start(), usual.stop());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--skip-layers takes numbers like 7,8,9 or none, not " + skipLayers, e);
    }
  }
}
