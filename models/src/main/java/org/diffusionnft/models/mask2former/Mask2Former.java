package org.diffusionnft.models.mask2former;

import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/**
 * Mask2Former for instance segmentation (Cheng et al., arXiv 2112.01527) with a Swin backbone: a
 * fixed number of queries, each of which predicts an object's class and mask, or no object.
 */
public final class Mask2Former implements AutoCloseable {
  private final Mask2FormerConfig config;
  private final Parameters parameters;
  private final SwinBackbone backbone;
  private final PixelDecoder pixels;
  private final MaskDecoder masks;

  private Mask2Former(Mask2FormerConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    this.backbone = new SwinBackbone(config.backbone(), parameters);
    this.pixels = new PixelDecoder(config, parameters);
    this.masks = new MaskDecoder(config, parameters);
  }

  /**
   * Loads a model from a source, all frozen.
   *
   * @throws InvalidInputException if a tensor is missing, unknown or has another shape
   */
  public static Mask2Former load(Mask2FormerConfig config, WeightSource source) {
    List<String> others =
        source.names().stream().filter(Mask2FormerLayout::isIgnored).sorted().toList();
    Parameters parameters =
        Parameters.loadFrozen(
            "a Mask2Former of this configuration",
            Mask2FormerLayout.parameters(config),
            others,
            source);
    return new Mask2Former(config, parameters);
  }

  /**
   * The predictions of the queries.
   *
   * @param classes logits, {@code [1, Q, classes + 1]}, the last for no object
   * @param masks logits, {@code [1, Q, h, w]}, in the size of the finest map
   */
  public record Output(Variable classes, Variable masks) {}

  /** The dimensions. */
  public Mask2FormerConfig config() {
    return config;
  }

  /**
   * Runs the model on an image.
   *
   * @param picture {@code [1, 3, H, W]}, normalised, of any size
   * @return logits owned by the caller
   * @throws IllegalArgumentException if it has another shape
   */
  public Output forward(Tensor picture) {
    return forward(picture, (_, _) -> {});
  }

  /** {@link #forward(Tensor)} with an observer of every part's output. */
  public Output forward(Tensor picture, Observer observer) {
    if (picture.shape().rank() != 4
        || picture.dim(0) != 1
        || picture.dim(1) != 3
        || picture.elements() == 0) {
      throw new IllegalArgumentException("a picture must be [1, 3, H, W], not " + picture.shape());
    }
    try (Memory.Scope scope = picture.device().memory().scope()) {
      List<Variable> stages = backbone.stages(Variable.constant(picture), observer);
      Output output = masks.decode(pixels.decode(stages, observer), observer);
      scope.keep(output.classes().value().storage());
      scope.keep(output.masks().value().storage());
      return output;
    }
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
