package org.diffusionnft.models.mask2former;

import java.util.List;
import org.diffusionnft.models.ConfigFields;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.UnaryOp;

/**
 * The dimensions of a Swin transformer, with the fields of transformers' {@code SwinConfig}.
 *
 * @param patchSize width and height of a patch, in pixels
 * @param width of a token in the first stage; each further stage doubles it
 * @param depths blocks of each stage
 * @param heads attention heads of each stage
 * @param window width and height of an attention window, in tokens
 * @param mlpRatio width inside the feed-forward networks, as a multiple of a token's
 * @param qkvBias whether queries, keys and values have biases
 * @param activation of the feed-forward networks
 * @param layerNormEps added to variances in the blocks
 */
public record SwinConfig(
    int patchSize,
    int width,
    List<Integer> depths,
    List<Integer> heads,
    int window,
    double mlpRatio,
    boolean qkvBias,
    UnaryOp activation,
    double layerNormEps) {
  private static final int LEAST_STAGES = 3;
  private static final int MOST_STAGES = 8;
  private static final int LARGEST_SQUARE = 64;
  private static final double LARGEST_RATIO = 64;

  /**
   * Checks that the fields fit together.
   *
   * @throws InvalidInputException naming the field as in {@code config.json}
   */
  public SwinConfig {
    depths = List.copyOf(depths);
    heads = List.copyOf(heads);
    requireSquare("patch_size", patchSize);
    requireSquare("window_size", window);
    ConfigFields.require("embed_dim", width);
    if (depths.size() < LEAST_STAGES || depths.size() > MOST_STAGES) {
      throw new InvalidInputException(
          "depths has %d stages but must have from %d to %d"
              .formatted(depths.size(), LEAST_STAGES, MOST_STAGES));
    }
    if (heads.size() != depths.size()) {
      throw new InvalidInputException(
          "num_heads has %d stages, but depths has %d".formatted(heads.size(), depths.size()));
    }
    for (int i = 0; i < depths.size(); i++) {
      ConfigFields.requireLayers("depths", depths.get(i));
      ConfigFields.require("num_heads", heads.get(i));
      long channels = (long) width << i;
      ConfigFields.require(
          "width of stage " + (i + 1), (int) Math.min(channels, Integer.MAX_VALUE));
      if (channels % heads.get(i) != 0) {
        throw new InvalidInputException(
            "the width %d of stage %d is no multiple of its num_heads %d"
                .formatted(channels, i + 1, heads.get(i)));
      }
    }
    if (!(mlpRatio > 0 && mlpRatio <= LARGEST_RATIO) || (int) (mlpRatio * width) < 1) {
      throw new InvalidInputException(
          "mlp_ratio is " + mlpRatio + " but must be above 0 and at most " + LARGEST_RATIO);
    }
    ConfigFields.requireEps("layer_norm_eps", layerNormEps);
  }

  private static void requireSquare(String field, int value) {
    if (value < 1 || value > LARGEST_SQUARE) {
      throw new InvalidInputException(
          field + " is " + value + " but must be from 1 to " + LARGEST_SQUARE);
    }
  }

  /** Number of stages. */
  public int stages() {
    return depths.size();
  }

  /** Width of a token in a stage, from 0. */
  public int channels(int stage) {
    return width << stage;
  }

  /** Width inside the feed-forward networks of a stage, from 0. */
  public int inner(int stage) {
    return (int) (channels(stage) * mlpRatio);
  }
}
