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
 * CLIP (Radford et al., arXiv 2103.00020): a text encoder and an image encoder whose projections
 * align when text and image match; transformers' {@code CLIPModel}.
 *
 * @param text the text encoder
 * @param vision the image encoder
 * @param logitScale the logarithm of the factor on cosine similarities
 */
public record ClipModel(ClipTextEncoder text, ClipVisionEncoder vision, double logitScale)
    implements AutoCloseable {
  private static final String LOGIT_SCALE = "logit_scale";

  /**
   * Loads a model from a source, all frozen.
   *
   * @throws InvalidInputException if a tensor is missing, unknown or has another shape, or the
   *     projections have different widths
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
   * Embeddings of texts: the features, normalised to unit length.
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
   * Embeddings of images: the features, normalised to unit length.
   *
   * @param pixels {@code [B, 3, S, S]}, normalised
   * @return a row per image
   */
  public double[][] imageEmbeddings(Tensor pixels) {
    ClipVisionEncoder.Output out = vision.encode(pixels);
    double[][] rows = unitRows(out.features().value());
    out.last().value().release();
    out.features().value().release();
    return rows;
  }

  /** Cosine similarity of two embeddings. */
  public static double cosine(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** The rows of a matrix, each normalised to unit L2 norm. */
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

  /** Releases the memory of both encoders. */
  @Override
  public void close() {
    text.close();
    vision.close();
  }

  /** A subset of a source's tensors. */
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
