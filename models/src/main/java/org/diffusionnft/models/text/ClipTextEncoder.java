package org.diffusionnft.models.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.autograd.LayerNorm;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * CLIP's text encoder (Radford et al., arXiv 2103.00020) with its projection: transformers' {@code
 * CLIPTextModelWithProjection}. Stable Diffusion 3 has two, OpenAI's CLIP-L and OpenCLIP's bigG.
 */
public final class ClipTextEncoder implements AutoCloseable {
  /** Added to masked scores: its exponential is 0, and sums with it stay finite. */
  private static final float MASKED = -1e30f;

  private final ClipTextConfig config;
  private final Parameters parameters;
  private final List<ClipLayer> layers;
  private final LayerNorm finalNorm;
  private final @Nullable Variable projection;

  private ClipTextEncoder(ClipTextConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    this.layers = ClipLayer.all(parameters, config, ClipTextLayout::layer);
    this.finalNorm = parameters.layerNorm("text_model.final_layer_norm", config.layerNormEps());
    this.projection = parameters.find(ClipTextLayout.PROJECTION);
  }

  /**
   * The output of the encoder.
   *
   * @param penultimate the output of the last layer but one, without norm, {@code [B, T, C]}: the
   *     token embeddings that diffusion models use
   * @param last the last layer's output after the final norm, {@code [B, T, C]}
   * @param pooled the projection of the end token's row of {@code last}, {@code [B, P]}
   */
  public record Output(Variable penultimate, Variable last, Variable pooled) {}

  /**
   * Loads an encoder from a source, on the device that holds its tensors, all frozen.
   *
   * @throws IllegalArgumentException if a tensor other than the projection is missing, or one is
   *     unknown or has another shape
   */
  public static ClipTextEncoder load(ClipTextConfig config, WeightSource source) {
    SequencedMap<String, Shape> shapes = new LinkedHashMap<>(ClipTextLayout.parameters(config));
    if (!source.has(ClipTextLayout.PROJECTION)) {
      shapes.remove(ClipTextLayout.PROJECTION);
    }
    return new ClipTextEncoder(
        config,
        Parameters.loadFrozen(
            "a CLIP text encoder of this configuration", shapes, ClipTextLayout.IGNORED, source));
  }

  /** The dimensions. */
  public ClipTextConfig config() {
    return config;
  }

  /** All parameters by their name in transformers. */
  public SequencedMap<String, Variable> parameters() {
    return parameters.all();
  }

  /**
   * Encodes prompts. Padding is attended to like any token, as in Stable Diffusion.
   *
   * @param ids one row of equal length per prompt
   * @throws IllegalArgumentException if the rows are too long for the model, have unequal lengths,
   *     or hold an invalid token id
   */
  public Output encode(long[][] ids) {
    return encode(ids, (_, _) -> {});
  }

  /**
   * {@link #encode(long[][])} with an observer of every layer's output, as {@code hidden_states.0}
   * (the token embeddings) and so on.
   */
  public Output encode(long[][] ids, Observer observer) {
    return encode(ids, null, observer);
  }

  /**
   * {@link #encode(long[][])} with an attention mask.
   *
   * @param attended for each token 1 if others may attend to it, else 0: transformers' {@code
   *     attention_mask}. The pooled output does not depend on tokens after the end token
   */
  public Output encode(long[][] ids, long[][] attended) {
    return encode(ids, attended, (_, _) -> {});
  }

  private Output encode(long[][] ids, long @Nullable [][] attended, Observer observer) {
    Device device = parameters.get(ClipTextLayout.TOKENS).device();
    try (Memory.Scope scope = device.memory().scope()) {
      Tensor tokens = TokenIds.tensor(device, ids, config.vocabSize(), config.maxPositions());
      Output output = run(tokens, TokenIds.rows(ids, config.eosTokenId()), attended, observer);
      scope.keep(output.penultimate().value().storage());
      scope.keep(output.last().value().storage());
      scope.keep(output.pooled().value().storage());
      return output;
    }
  }

  private Output run(
      Tensor ids, long[] pooledRows, long @Nullable [][] attended, Observer observer) {
    Device device = ids.device();
    long length = ids.dim(1);
    Variable x =
        parameters
            .get(ClipTextLayout.TOKENS)
            .embedding(ids)
            .add(parameters.get(ClipTextLayout.POSITIONS).embedding(TokenIds.upTo(device, length)));
    observer.see("hidden_states.0", x);
    Variable mask = Variable.constant(causal(device, (int) length, attended));
    Variable penultimate = x;
    for (int i = 0; i < layers.size(); i++) {
      penultimate = x;
      ClipLayer layer = layers.get(i);
      Variable in = x;
      x = Variable.scoped(device, () -> layer.apply(in, mask));
      observer.see("hidden_states." + (i + 1), x);
    }
    Variable last = finalNorm.apply(x);
    Variable end =
        last.reshape(-1, last.dim(2)).embedding(Tensor.of(device, pooledRows, pooledRows.length));
    Variable pooled = projection == null ? end : end.linear(projection, null);
    return new Output(penultimate, last, pooled);
  }

  /**
   * {@code [B or 1, 1, T, T]}: a token attends to itself and to those earlier tokens that are not
   * masked.
   */
  private static Tensor causal(Device device, int length, long @Nullable [][] attended) {
    int count = attended == null ? 1 : attended.length;
    float[] mask = new float[count * length * length];
    for (int b = 0; b < count; b++) {
      for (int i = 0; i < length; i++) {
        for (int j = 0; j < length; j++) {
          if (j > i || (attended != null && attended[b][j] == 0)) {
            mask[(b * length + i) * length + j] = MASKED;
          }
        }
      }
    }
    return Tensor.of(device, mask, count, 1, length, length);
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
