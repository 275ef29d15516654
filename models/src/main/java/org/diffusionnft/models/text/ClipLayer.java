package org.diffusionnft.models.text;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.LayerNorm;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * One layer of CLIP's text or image encoder: attention and a feed-forward network, each preceded by
 * a norm.
 *
 * @param norm1 before the attention
 * @param queries of the attention
 * @param keys of the attention
 * @param values of the attention
 * @param out of the attention
 * @param heads of the attention
 * @param norm2 before the feed-forward network
 * @param inner of the feed-forward network
 * @param activation of the feed-forward network
 * @param outer of the feed-forward network
 */
public record ClipLayer(
    LayerNorm norm1,
    Linear queries,
    Linear keys,
    Linear values,
    Linear out,
    int heads,
    LayerNorm norm2,
    Linear inner,
    UnaryOp activation,
    Linear outer) {

  /**
   * The layer with this name, such as {@code text_model.encoder.layers.0}.
   *
   * @throws IllegalStateException if a parameter is missing
   */
  private static ClipLayer of(
      Parameters parameters, String layer, int heads, UnaryOp activation, double eps) {
    return new ClipLayer(
        parameters.layerNorm(layer + ".layer_norm1", eps),
        parameters.linear(layer + ".self_attn.q_proj"),
        parameters.linear(layer + ".self_attn.k_proj"),
        parameters.linear(layer + ".self_attn.v_proj"),
        parameters.linear(layer + ".self_attn.out_proj"),
        heads,
        parameters.layerNorm(layer + ".layer_norm2", eps),
        parameters.linear(layer + ".mlp.fc1"),
        activation,
        parameters.linear(layer + ".mlp.fc2"));
  }

  /** The layer settings that the configurations of both encoders share. */
  public interface Config {
    /** Number of layers. */
    int numLayers();

    /** Number of attention heads. */
    int numHeads();

    /** Activation of the feed-forward networks. */
    UnaryOp activation();

    /** Added to variances. */
    double layerNormEps();
  }

  /**
   * The layers of an encoder.
   *
   * @param name of layer i
   * @throws IllegalStateException if a parameter is missing
   */
  public static List<ClipLayer> all(
      Parameters parameters, Config config, IntFunction<String> name) {
    return IntStream.range(0, config.numLayers())
        .mapToObj(
            i ->
                of(
                    parameters,
                    name.apply(i),
                    config.numHeads(),
                    config.activation(),
                    config.layerNormEps()))
        .toList();
  }

  /** Adds the shapes of a layer's parameters, in the order of {@code named_parameters()}. */
  public static void addShapes(Map<String, Shape> shapes, String layer, long width, long inner) {
    for (String projection : new String[] {"k_proj", "v_proj", "q_proj", "out_proj"}) {
      addLinear(shapes, layer + ".self_attn." + projection, width, width);
    }
    addNorm(shapes, layer + ".layer_norm1", width);
    addLinear(shapes, layer + ".mlp.fc1", width, inner);
    addLinear(shapes, layer + ".mlp.fc2", inner, width);
    addNorm(shapes, layer + ".layer_norm2", width);
  }

  /** Adds the shapes of a layer norm's parameters. */
  public static void addNorm(Map<String, Shape> shapes, String name, long width) {
    shapes.put(name + ".weight", Shape.of(width));
    shapes.put(name + ".bias", Shape.of(width));
  }

  private static void addLinear(Map<String, Shape> shapes, String name, long in, long out) {
    shapes.put(name + ".weight", Shape.of(out, in));
    shapes.put(name + ".bias", Shape.of(out));
  }

  /**
   * Applies the layer.
   *
   * @param x {@code [B, T, C]}
   * @param mask added to the scores, {@code [B or 1, 1, T, T]}; null for full attention
   */
  public Variable apply(Variable x, @Nullable Variable mask) {
    Variable normed = norm1.apply(x);
    double scale = 1 / Math.sqrt((double) x.dim(2) / heads);
    Variable attended =
        Functions.attention(
            queries.apply(normed), keys.apply(normed), values.apply(normed), mask, heads, scale);
    Variable y = x.add(out.apply(attended));
    Variable hidden = norm2.apply(y).linear(inner.weight(), inner.bias(), activation);
    return y.add(outer.apply(hidden));
  }
}
