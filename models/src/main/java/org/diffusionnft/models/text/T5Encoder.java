package org.diffusionnft.models.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.autograd.RmsNorm;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * The encoder of T5 v1.1 (Raffel et al., arXiv 1910.10683; Shazeer, arXiv 2002.05202):
 * transformers' {@code T5EncoderModel} with {@code gated-gelu}. With BF16 files its 4.7 billion
 * parameters stay memory-mapped on disk.
 */
public final class T5Encoder implements AutoCloseable {
  /** Far more than any pipeline uses; bounds the attention bias. */
  private static final int LONGEST = 4096;

  private final T5Config config;
  private final Parameters parameters;
  private final List<T5Layer> layers = new ArrayList<>();
  private final RmsNorm finalNorm;

  private T5Encoder(T5Config config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
    for (int i = 0; i < config.numLayers(); i++) {
      layers.add(T5Layer.of(config, parameters, i));
    }
    this.finalNorm =
        new RmsNorm(parameters.get("encoder.final_layer_norm.weight"), config.normEps());
  }

  /**
   * Loads an encoder from a source, on the device that holds its tensors, all frozen. The token
   * embedding may have either of its two names, or both.
   *
   * @throws IllegalArgumentException if a tensor is missing, unknown or has another shape
   */
  public static T5Encoder load(T5Config config, WeightSource source) {
    WeightSource named = source.has(T5Layout.TOKENS) ? source : new Tied(source);
    return new T5Encoder(
        config,
        Parameters.loadFrozen(
            "a T5 v1.1 encoder of this configuration",
            T5Layout.parameters(config),
            Set.of(T5Layout.TIED_TOKENS),
            named));
  }

  /** A source with the token embedding only under the encoder's own name. */
  private record Tied(WeightSource source) implements WeightSource {
    @Override
    public Tensor get(String name, Shape expected) {
      return source.get(name.equals(T5Layout.TOKENS) ? T5Layout.TIED_TOKENS : name, expected);
    }

    @Override
    public Set<String> names() {
      Set<String> names = new java.util.LinkedHashSet<>(source.names());
      if (names.contains(T5Layout.TIED_TOKENS)) {
        names.add(T5Layout.TOKENS);
      }
      return Collections.unmodifiableSet(names);
    }
  }

  /** The dimensions. */
  public T5Config config() {
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
   * @return {@code [B, T, C]}
   * @throws IllegalArgumentException if the rows have unequal lengths or hold an invalid token id
   */
  public Variable encode(long[][] ids) {
    return encode(ids, (_, _) -> {});
  }

  /**
   * {@link #encode(long[][])} with an observer of every layer's input, as {@code hidden_states.0}
   * and so on; the last is the result.
   */
  public Variable encode(long[][] ids, Observer observer) {
    Variable table = parameters.get(T5Layout.TOKENS);
    Device device = table.device();
    try (Memory.Scope scope = device.memory().scope()) {
      Variable x = table.embedding(TokenIds.tensor(device, ids, config.vocabSize(), LONGEST));
      Variable bias = bias(device, ids[0].length);
      for (int i = 0; i < layers.size(); i++) {
        observer.see("hidden_states." + i, x);
        T5Layer layer = layers.get(i);
        Variable in = x;
        x = Variable.scoped(device, () -> layer.apply(in, bias));
      }
      Variable result = finalNorm.apply(x);
      observer.see("hidden_states." + layers.size(), result);
      scope.keep(result.value().storage());
      return result;
    }
  }

  /** {@code [1, H, T, T]}, shared by all layers. */
  private Variable bias(Device device, int length) {
    long[] buckets = RelativePositions.table(length, config.buckets(), config.maxDistance());
    return parameters
        .get(T5Layout.BIAS)
        .embedding(Tensor.of(device, buckets, length, length))
        .permute(2, 0, 1)
        .reshape(1, config.numHeads(), length, length);
  }

  /** Releases the memory of copied parameters. */
  @Override
  public void close() {
    parameters.close();
  }
}
