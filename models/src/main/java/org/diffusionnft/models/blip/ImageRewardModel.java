package org.diffusionnft.models.blip;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.models.clip.LinearHead;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Tensor;

/**
 * ImageReward (Xu et al., arXiv 2304.05977): predicts how much people would prefer an image for a
 * prompt, with BLIP's encoders and five linear layers on the first token of the text after
 * cross-attention to the image.
 */
public final class ImageRewardModel implements AutoCloseable {
  /** Subtracted from a score, as in the published code: the mean over its data. */
  private static final double MEAN = 0.16717362830052426;

  /** The standard deviation, by which it then divides. */
  private static final double DEVIATION = 1.0333394966054072;

  private final BlipVisionConfig visionConfig;
  private final BlipTextConfig textConfig;
  private final Parameters parameters;
  private final BlipVisionEncoder vision;
  private final BlipTextEncoder text;
  private final LinearHead head;

  private ImageRewardModel(
      BlipVisionConfig visionConfig,
      BlipTextConfig textConfig,
      Parameters parameters,
      LinearHead head) {
    this.visionConfig = visionConfig;
    this.textConfig = textConfig;
    this.parameters = parameters;
    this.vision = new BlipVisionEncoder(visionConfig, parameters);
    this.text = new BlipTextEncoder(textConfig, parameters);
    this.head = head;
  }

  /**
   * Loads a model from a source, all frozen.
   *
   * @param headWidths output widths of the head's layers, except the last, which has one output
   * @throws InvalidInputException if a tensor is missing, unknown or has another shape
   */
  public static ImageRewardModel load(
      BlipVisionConfig vision, BlipTextConfig text, List<Integer> headWidths, WeightSource source) {
    if (vision.width() != text.pictureWidth()) {
      throw new InvalidInputException(
          "the text encoder looks at tokens of width %d, the image encoder gives %d"
              .formatted(text.pictureWidth(), vision.width()));
    }
    int[] widths =
        IntStream.concat(
                IntStream.of(text.width()), headWidths.stream().mapToInt(Integer::intValue))
            .toArray();
    List<String> others = new ArrayList<>(BlipLayout.IGNORED);
    source.under(BlipLayout.HEAD).names().forEach(name -> others.add(BlipLayout.HEAD + name));
    Parameters parameters =
        Parameters.loadFrozen(
            "an ImageReward model of this configuration",
            BlipLayout.parameters(vision, text),
            others,
            source);
    boolean loaded = false;
    try {
      LinearHead head = LinearHead.load(widths, source.under(BlipLayout.HEAD));
      loaded = true;
      return new ImageRewardModel(vision, text, parameters, head);
    } finally {
      if (!loaded) {
        parameters.close();
      }
    }
  }

  /** Dimensions of the image encoder. */
  public BlipVisionConfig vision() {
    return visionConfig;
  }

  /** Dimensions of the text encoder. */
  public BlipTextConfig text() {
    return textConfig;
  }

  /**
   * Encodes images for the text encoder.
   *
   * @param pixels {@code [B, 3, S, S]}, normalised as for CLIP
   * @return {@code [B, T, C]}, owned by the caller
   */
  public Variable pictures(Tensor pixels) {
    return pictures(pixels, (_, _) -> {});
  }

  /** {@link #pictures(Tensor)} with an observer of every block's output. */
  public Variable pictures(Tensor pixels, Observer observer) {
    return vision.encode(pixels, observer);
  }

  /**
   * The scores of prompts, each with its image: approximately standard normal over the published
   * data.
   *
   * @param ids one row of equal length per prompt
   * @param used how many ids of each row are not padding
   * @param pictures of {@link #pictures(Tensor)}
   * @return one per prompt
   */
  public double[] scores(long[][] ids, int[] used, Variable pictures) {
    return scores(ids, used, pictures, (_, _) -> {});
  }

  /** {@link #scores(long[][], int[], Variable)} with an observer of every layer's output. */
  public double[] scores(long[][] ids, int[] used, Variable pictures, Observer observer) {
    double[] first = text.encode(ids, used, pictures, observer).value().toDoubles();
    int width = textConfig.width();
    double[] scores = new double[ids.length];
    for (int i = 0; i < scores.length; i++) {
      double[] row = java.util.Arrays.copyOfRange(first, i * width, (i + 1) * width);
      scores[i] = (head.apply(row) - MEAN) / DEVIATION;
    }
    return scores;
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
