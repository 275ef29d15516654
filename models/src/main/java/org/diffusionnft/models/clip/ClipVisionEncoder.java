package org.diffusionnft.models.clip;

import java.util.List;
import java.util.SequencedMap;
import java.util.stream.LongStream;
import org.diffusionnft.autograd.LayerNorm;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.Patches;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.text.ClipLayer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;

/**
 * CLIP's image encoder (Radford et al., arXiv 2103.00020), a vision transformer, with its
 * projection: transformers' {@code CLIPVisionModelWithProjection}.
 */
public final class ClipVisionEncoder implements AutoCloseable {
  private final ClipVisionConfig config;
  private final Parameters parameters;
  private final List<ClipLayer> layers;
  private final LayerNorm preNorm;
  private final LayerNorm postNorm;

  private ClipVisionEncoder(ClipVisionConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    this.layers = ClipLayer.all(parameters, config, ClipVisionLayout::layer);
    this.preNorm = parameters.layerNorm(ClipVisionLayout.PRE_NORM, config.layerNormEps());
    this.postNorm = parameters.layerNorm(ClipVisionLayout.POST_NORM, config.layerNormEps());
  }

  /**
   * The output of the encoder.
   *
   * @param last the last layer's output before the final norm, {@code [B, T, C]}
   * @param features the projection of the first token after the final norm, {@code [B, P]}
   */
  public record Output(Variable last, Variable features) {}

  /**
   * Loads an encoder from a source, on the device that holds its tensors, all frozen.
   *
   * @throws IllegalArgumentException if a tensor is missing, unknown or has another shape
   */
  public static ClipVisionEncoder load(ClipVisionConfig config, WeightSource source) {
    return new ClipVisionEncoder(
        config,
        Parameters.loadFrozen(
            "a CLIP image encoder of this configuration",
            ClipVisionLayout.parameters(config),
            ClipVisionLayout.IGNORED,
            source));
  }

  /** The dimensions. */
  public ClipVisionConfig config() {
    return config;
  }

  /** All parameters by their name in transformers. */
  public SequencedMap<String, Variable> parameters() {
    return parameters.all();
  }

  /**
   * Encodes images.
   *
   * @param pixels {@code [B, 3, S, S]}, normalised as by {@code ClipPreprocessing}
   * @throws IllegalArgumentException if they have another size
   */
  public Output encode(Tensor pixels) {
    Patches.requirePictures(pixels, config.imageSize());
    try (Memory.Scope scope = pixels.device().memory().scope()) {
      Output output = run(Variable.constant(pixels));
      scope.keep(output.last().value().storage());
      scope.keep(output.features().value().storage());
      return output;
    }
  }

  private Output run(Variable pixels) {
    Device device = pixels.device();
    Variable x = preNorm.apply(embed(pixels));
    for (ClipLayer layer : layers) {
      Variable in = x;
      x = Variable.scoped(device, () -> layer.apply(in, null));
    }
    Variable whole = x.slice(1, 0, 1).reshape(x.dim(0), x.dim(2));
    Variable features =
        postNorm.apply(whole).linear(parameters.get(ClipVisionLayout.PROJECTION), null);
    return new Output(x, features);
  }

  /** {@code [B, 3, S, S]} to {@code [B, T, C]}: the class token, then the patches. */
  private Variable embed(Variable pixels) {
    Device device = pixels.device();
    long batch = pixels.dim(0);
    long patch = config.patchSize();
    long width = config.hiddenSize();
    Variable squares = Patches.cut(pixels, patch);
    Variable weight = parameters.get(ClipVisionLayout.PATCHES).reshape(width, 3 * patch * patch);
    Variable whole =
        parameters.get(ClipVisionLayout.CLASS).reshape(1, 1, width).expand(batch, 1, width);
    Tensor all = Tensor.of(device, LongStream.range(0, config.tokens()).toArray(), config.tokens());
    return Variable.concat(1, whole, squares.linear(weight, null))
        .add(parameters.get(ClipVisionLayout.POSITIONS).embedding(all));
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
