package org.diffusionnft.models.mask2former;

import static org.diffusionnft.models.mask2former.Mask2FormerConfig.LEVELS;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * Mask2Former's transformer decoder (Cheng et al., arXiv 2112.01527): queries attend to the pixels
 * of the mask they predicted one layer before, then to each other.
 */
final class MaskDecoder {
  /** Far below every score, so that the softmax is exactly 0; infinity would give NaN. */
  private static final float BLOCKED = -1e9f;

  private static final double EPS = 1e-5;

  private final Mask2FormerConfig config;
  private final Parameters parameters;

  MaskDecoder(Mask2FormerConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * The state of the queries after a layer.
   *
   * @param normed {@code [1, Q, C]}, the input of the class predictor
   * @param masks logits, {@code [1, Q, h, w]}
   */
  private record Prediction(Variable normed, Variable masks) {}

  /**
   * Decodes queries.
   *
   * @param observer receives {@code decoder.layer.0.output} and so on, and each layer's {@code
   *     class_logits} and {@code mask_logits}
   * @return logits of classes {@code [1, Q, classes + 1]} and of masks {@code [1, Q, h, w]}
   */
  Mask2Former.Output decode(PixelDecoder.Output pixels, Observer observer) {
    Device device = pixels.maskFeatures().device();
    Variable levelEmbedding = parameters.get(Mask2FormerLayout.QUERY_LEVELS).convert(DType.F32);
    List<Variable> values = new ArrayList<>();
    List<Variable> keys = new ArrayList<>();
    for (int level = 0; level < LEVELS; level++) {
      MapSize size = pixels.sizes().get(level);
      Variable value = pixels.levels().get(level).add(levelEmbedding.slice(0, level, level + 1L));
      values.add(value);
      keys.add(value.add(SinePositions.of(device, size.height(), size.width(), config.features())));
    }
    Variable places =
        parameters
            .get(Mask2FormerLayout.QUERY_POSITIONS)
            .convert(DType.F32)
            .reshape(1, config.queries(), config.features());
    Variable x =
        parameters
            .get(Mask2FormerLayout.QUERY_FEATURES)
            .convert(DType.F32)
            .reshape(1, config.queries(), config.features());
    Prediction made = predict(x, pixels.maskFeatures());
    for (int i = 0; i < config.decoderLayers(); i++) {
      int level = i % LEVELS;
      Variable in = x;
      String name = Mask2FormerLayout.decoderLayer(i);
      Variable mask = mask(made.masks(), pixels.sizes().get(level));
      x =
          Variable.scoped(
              device, () -> layer(in, places, keys.get(level), values.get(level), mask, name));
      made.masks().value().release();
      made = predict(x, pixels.maskFeatures());
      String label = "decoder.layer." + i;
      observer.see(label + ".output", x);
      observer.see(label + ".class_logits", classes(made));
      observer.see(label + ".mask_logits", made.masks());
    }
    return new Mask2Former.Output(classes(made), made.masks());
  }

  private Variable layer(
      Variable x, Variable places, Variable key, Variable value, Variable mask, String name) {
    Variable seen =
        residual(x, name + ".cross_attn", in -> cross(in.add(places), key, value, mask, name));
    Variable compared =
        residual(
            seen,
            name + ".self_attn",
            in -> {
              Variable placed = in.add(places);
              return attend(
                  name + ".self_attn.out_proj",
                  parameters.linear(name + ".self_attn.q_proj").apply(placed),
                  parameters.linear(name + ".self_attn.k_proj").apply(placed),
                  parameters.linear(name + ".self_attn.v_proj").apply(in),
                  null);
            });
    Linear inner = parameters.linear(name + ".fc1");
    return residual(
        compared,
        name + ".final",
        in ->
            parameters
                .linear(name + ".fc2")
                .apply(in.linear(inner.weight(), inner.bias(), config.activation())));
  }

  private interface Step {
    Variable apply(Variable x);
  }

  private Variable residual(Variable x, String name, Step step) {
    return config.preNorm()
        ? x.add(step.apply(norm(name + "_layer_norm", x)))
        : norm(name + "_layer_norm", x.add(step.apply(x)));
  }

  private Variable cross(
      Variable placed, Variable key, Variable value, Variable mask, String name) {
    Variable weight = parameters.get(name + Mask2FormerLayout.IN_WEIGHT);
    Variable bias = parameters.get(name + Mask2FormerLayout.IN_BIAS);
    Variable[] made = {placed, key, value};
    long width = config.features();
    for (int i = 0; i < made.length; i++) {
      made[i] =
          made[i].linear(
              weight.slice(0, i * width, (i + 1) * width),
              bias.slice(0, i * width, (i + 1) * width));
    }
    return attend(name + ".cross_attn.out_proj", made[0], made[1], made[2], mask);
  }

  private Variable attend(
      String out, Variable query, Variable key, Variable value, @Nullable Variable mask) {
    double scale = 1 / Math.sqrt((double) config.features() / config.heads());
    return parameters
        .linear(out)
        .apply(Functions.attention(query, key, value, mask, config.heads(), scale));
  }

  private Prediction predict(Variable x, Variable maskFeatures) {
    List<Variable> made =
        Variable.scopedAll(
            x.device(),
            () -> {
              Variable normed = norm(Mask2FormerLayout.QUERY_NORM, x);
              Variable masks = normed;
              for (int i = 0; i < Mask2FormerLayout.MASK_LAYERS; i++) {
                Linear layer = parameters.linear(Mask2FormerLayout.maskLayer(i));
                boolean last = i == Mask2FormerLayout.MASK_LAYERS - 1;
                masks = masks.linear(layer.weight(), layer.bias(), last ? null : UnaryOp.RELU);
              }
              MapSize size = MapSize.of(maskFeatures);
              return List.of(
                  normed,
                  masks
                      .matmul(maskFeatures.reshape(1, config.maskFeatures(), -1))
                      .reshape(1, config.queries(), size.height(), size.width()));
            });
    return new Prediction(made.getFirst(), made.getLast());
  }

  private Variable classes(Prediction made) {
    return parameters.linear(Mask2FormerLayout.CLASSES).apply(made.normed());
  }

  /**
   * {@code [1, 1, Q, T]}, added to scores: a query attends to the pixels inside its mask, or to all
   * pixels if the mask is empty.
   */
  private Variable mask(Variable logits, MapSize to) {
    MapSize from = MapSize.of(logits);
    int queries = config.queries();
    int tokens = to.tokens();
    float[] mask =
        Bilinear.resize(
            logits.value().toFloats(),
            queries,
            from.height(),
            from.width(),
            to.height(),
            to.width());
    IntStream.range(0, queries)
        .parallel()
        .forEach(
            query -> {
              boolean any = false;
              for (int i = query * tokens; i < (query + 1) * tokens; i++) {
                any |= !(mask[i] < 0);
              }
              for (int i = query * tokens; i < (query + 1) * tokens; i++) {
                mask[i] = any && mask[i] < 0 ? BLOCKED : 0;
              }
            });
    return Variable.constant(Tensor.of(logits.device(), mask, 1, 1, queries, tokens));
  }

  private Variable norm(String name, Variable x) {
    return parameters.layerNorm(name, EPS).apply(x);
  }
}
