package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import java.nio.file.Path;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.tensor.Precision;

/**
 * What comes before and after the transformer of a model on disk. ShapesWorld's model has no such
 * parts.
 *
 * @param parts a diffusers folder with what a single file lacks, such as tokenizers; {@code none}
 *     if it lacks nothing
 * @param t5 whether the text encoder T5 is used where there is one; else zeros take its place
 * @param t5Tokens how many tokens of T5 a prompt has
 * @param tile pictures of more pixels a side are decoded in tiles of this size
 */
public record PipelineSettings(String parts, boolean t5, int t5Tokens, int tile) {
  /** The value where no file or folder is needed. */
  public static final String NONE = "none";

  /** Tiles with fewer pixels per side would be nearly all overlap. */
  public static final int LEAST_TILE = 64;

  private static final int MOST_TOKENS = 512;

  /** Checks the ranges. */
  public PipelineSettings {
    require("t5Tokens", t5Tokens, t5Tokens >= 2 && t5Tokens <= MOST_TOKENS, "2 to 512");
    requireWithin("tile", tile, LEAST_TILE, TrainConfig.LARGEST_SIDE);
  }

  /** {@code parts: none, t5: true, t5Tokens: 128, tile: 768}. */
  public static PipelineSettings official() {
    return new PipelineSettings(NONE, true, 128, 768);
  }

  /**
   * The options to open the model with.
   *
   * @param precision of the whole run; F32 if its parts differ
   */
  public PictureModel.Options toOptions(Precision precision) {
    return new PictureModel.Options(
        parts.equals(NONE) ? null : Path.of(parts), t5, t5Tokens, tile, precision);
  }

  static PipelineSettings bind(Keys keys, PipelineSettings d) {
    return new PipelineSettings(
        keys.text("parts", d.parts),
        keys.flag("t5", d.t5),
        keys.count("t5Tokens", d.t5Tokens),
        keys.count("tile", d.tile));
  }
}
