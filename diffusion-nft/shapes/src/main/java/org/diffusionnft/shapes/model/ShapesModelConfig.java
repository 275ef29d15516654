package org.diffusionnft.shapes.model;

import java.util.List;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.QkNorm;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.tensor.InvalidInputException;

/** Dimensions of models of the world. */
public final class ShapesModelConfig {
  private static final int PATCH = 4;

  /**
   * The built-in model: 1.4 million parameters in four blocks, the first two with the second
   * attention, the last without a text stream, so that it has every kind of block.
   */
  public static final MmditConfig BASE =
      new MmditConfig(
          ShapesWorld.SIZE,
          PATCH,
          ShapesWorld.CHANNELS,
          4,
          24,
          4,
          64,
          96,
          64,
          ShapesWorld.CHANNELS,
          ShapesWorld.SIZE / PATCH,
          List.of(0, 1),
          QkNorm.RMS_NORM);

  private ShapesModelConfig() {}

  /**
   * Checks that a model's inputs and outputs fit captions and pictures of this world.
   *
   * @throws InvalidInputException that names the field, by its name in {@code config.json}
   */
  static void requireFits(MmditConfig config) {
    require("sample_size", config.sampleSize(), ShapesWorld.SIZE);
    require("in_channels", config.inChannels(), ShapesWorld.CHANNELS);
    require("out_channels", config.outChannels(), ShapesWorld.CHANNELS);
    require("pooled_projection_dim", config.pooledProjectionDim(), config.jointAttentionDim());
  }

  private static void require(String field, int found, int expected) {
    if (found != expected) {
      throw new InvalidInputException(
          field + " is " + found + ", but a ShapesWorld model needs " + expected);
    }
  }
}
