package org.diffusionnft.models.clip;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextEncoder;
import org.diffusionnft.models.text.ClipTextLayout;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * CLIP (Radford et al., arXiv 2103.00020): an encoder of texts and one of pictures, whose
 * projections point the same way where text and picture fit. transformers' {@code CLIPModel}.
 *
 * @param text encoder of texts
 * @param vision encoder of pictures
 * @param logitScale the logarithm of what cosines are multiplied by
 */
public record ClipModel(ClipTextEncoder text, ClipVisionEncoder vision, double logitScale)
    implements AutoCloseable {
  private static final String LOGIT_SCALE = "logit_scale";

  /**
   * Makes a model of a source's tensors, all frozen.
   *
   * @throws InvalidInputException if a tensor is missing, unknown or of another shape, or both
   *     projections have not the same width
   */
  public static ClipModel load(
      ClipTextConfig textConfig, ClipVisionConfig visionConfig, WeightSource source) {
    if (textConfig.projectionDim() != visionConfig.projectionDim()) {
      throw new InvalidInputException(
          "the text encoder projects to %d, the image encoder to %d: they are of two models"
              .formatted(textConfig.projectionDim(), visionConfig.projectionDim()));
    }
    if (!source.has(ClipTextLayout.PROJECTION)) {
      throw new InvalidInputException(
          "tensor '"
              + ClipTextLayout.PROJECTION
              + "' is missing, without which texts and pictures"
              + " cannot be compared");
    }
    Predicate<String> ofVision =
        name -> name.startsWith("vision_model.") || name.equals(ClipVisionLayout.PROJECTION);
    ClipTextEncoder text = ClipTextEncoder.load(textConfig, new Part(source, ofVision.negate()));
    boolean loaded = false;
    try {
      ClipVisionEncoder vision = ClipVisionEncoder.load(visionConfig, new Part(source, ofVision));
      ClipModel model = new ClipModel(text, vision, logitScale(source));
      loaded = true;
      return model;
    } finally {
      if (!loaded) {
        text.close();
      }
    }
  }

  private static double logitScale(WeightSource source) {
    Tensor scale = source.get(LOGIT_SCALE, Shape.of());
    double value = scale.toDoubles()[0];
    scale.release();
    return value;
  }

  /**
   * Embeddings of texts: the features, each divided by its length.
   *
   * @param ids one row of equal length per text
   * @return a row per text
   */
  public double[][] textEmbeddings(long[][] ids) {
    ClipTextEncoder.Output out = text.encode(ids);
    double[][] rows = unitRows(out.pooled().value());
    out.penultimate().value().release();
    out.last().value().release();
    out.pooled().value().release();
    return rows;
  }

  /**
   * Embeddings of pictures: the features, each divided by its length.
   *
   * @param pixels {@code [B, 3, S, S]}, normalised
   * @return a row per picture
   */
  public double[][] imageEmbeddings(Tensor pixels) {
    ClipVisionEncoder.Output out = vision.encode(pixels);
    double[][] rows = unitRows(out.features().value());
    out.last().value().release();
    out.features().value().release();
    return rows;
  }

  /** Cosine of the angle between two embeddings. */
  public static double cosine(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** The rows of a matrix, each divided by its Euclidean length. */
  public static double[][] unitRows(Tensor matrix) {
    int width = matrix.shape().intDim(1);
    double[] flat = matrix.toDoubles();
    double[][] rows = new double[matrix.shape().intDim(0)][width];
    for (int i = 0; i < rows.length; i++) {
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += flat[i * width + j] * flat[i * width + j];
      }
      double length = Math.sqrt(squares);
      for (int j = 0; j < width; j++) {
        rows[i][j] = flat[i * width + j] / length;
      }
    }
    return rows;
  }

  /** Returns the memory of both encoders. */
  @Override
  public void close() {
    text.close();
    vision.close();
  }

  /** Some of a source's tensors. */
  private record Part(WeightSource whole, Predicate<String> wanted) implements WeightSource {
    @Override
    public Tensor get(String name, Shape expected) {
      return whole.get(name, expected);
    }

    @Override
    public Set<String> names() {
      Set<String> names = new TreeSet<>(whole.names());
      names.removeIf(wanted.negate());
      return names;
    }
  }
}
