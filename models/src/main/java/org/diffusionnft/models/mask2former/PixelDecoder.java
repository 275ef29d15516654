package org.diffusionnft.models.mask2former;

import static org.diffusionnft.models.mask2former.Mask2FormerConfig.LEVELS;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.tensor.UnaryOp;

/**
 * Mask2Former's pixel decoder (Cheng et al., arXiv 2112.01527): deformable attention over the three
 * coarsest maps of the backbone, and a feature pyramid up to the finest map.
 */
final class PixelDecoder {
  private static final double EPS = 1e-5;

  private final Mask2FormerConfig config;
  private final Parameters parameters;

  PixelDecoder(Mask2FormerConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * The inputs of masked attention.
   *
   * @param levels {@code [1, T, C]} of three maps, the coarsest first
   * @param sizes of these maps
   * @param maskFeatures {@code [1, M, h, w]}, multiplied by mask embeddings to give masks
   */
  record Output(List<Variable> levels, List<MapSize> sizes, Variable maskFeatures) {}

  /**
   * Decodes maps.
   *
   * @param stages of the backbone, the finest first
   * @param observer receives {@code pixel_decoder.level0} and so on, and {@code mask_features}
   */
  Output decode(List<Variable> stages, Observer observer) {
    Device device = stages.getFirst().device();
    List<MapSize> sizes = new ArrayList<>();
    for (int level = 0; level < LEVELS; level++) {
      sizes.add(MapSize.of(stages.get(stages.size() - 1 - level)));
    }
    Variable all = Variable.scoped(device, () -> encode(stages, sizes));
    List<Variable> levels = all.split(1, sizes.stream().mapToLong(MapSize::tokens).toArray());
    Variable finest = all;
    for (int level = 0; level < LEVELS; level++) {
      finest = map(levels.get(level), sizes.get(level));
      observer.see("pixel_decoder.level" + level, finest);
    }
    for (int stage = config.upLevels() - 1; stage >= 0; stage--) {
      Variable coarse = finest;
      int s = stage;
      finest = Variable.scoped(device, () -> refine(coarse, stages.get(s), s));
    }
    Linear last = parameters.linear(Mask2FormerLayout.MASK_FEATURES);
    Variable features = Functions.conv2d(finest, last.weight(), last.bias(), 1, 0);
    observer.see("mask_features", features);
    return new Output(levels, sizes, features);
  }

  /** Tokens of the three coarsest maps, the coarsest first, {@code [1, T, C]}. */
  private Variable encode(List<Variable> stages, List<MapSize> sizes) {
    Device device = stages.getFirst().device();
    Variable[] tokens = new Variable[LEVELS];
    Variable[] positions = new Variable[LEVELS];
    Variable embeddings = parameters.get(Mask2FormerLayout.PIXEL_LEVELS).convert(DType.F32);
    for (int level = 0; level < LEVELS; level++) {
      String name = Mask2FormerLayout.inputProjection(level);
      Variable stage = stages.get(stages.size() - 1 - level);
      tokens[level] = tokens(projected(stage, name, 0));
      MapSize size = sizes.get(level);
      positions[level] =
          SinePositions.of(device, size.height(), size.width(), config.features())
              .add(embeddings.slice(0, level, level + 1L));
    }
    Variable x = Variable.concat(1, tokens);
    Variable place = Variable.concat(1, positions);
    DeformableAttention attention = new DeformableAttention(parameters, config.heads(), sizes);
    for (int i = 0; i < config.encoderLayers(); i++) {
      String name = Mask2FormerLayout.encoderLayer(i);
      Variable in = x;
      x = Variable.scoped(device, () -> layer(in, place, name, attention));
      in.value().release();
    }
    return x;
  }

  private Variable layer(Variable x, Variable place, String name, DeformableAttention attention) {
    Variable seen = attention.apply(name + ".self_attn", x, x.add(place));
    Variable y = norm(name + ".self_attn_layer_norm", x.add(seen));
    Linear inner = parameters.linear(name + ".fc1");
    Variable hidden = y.linear(inner.weight(), inner.bias(), UnaryOp.RELU);
    return norm(name + ".final_layer_norm", y.add(parameters.linear(name + ".fc2").apply(hidden)));
  }

  /** The map of a finer stage plus the upsampled coarser one. */
  private Variable refine(Variable coarse, Variable stage, int index) {
    MapSize from = MapSize.of(coarse);
    MapSize to = MapSize.of(stage);
    float[] large =
        Bilinear.resize(
            coarse.value().toFloats(),
            config.features(),
            from.height(),
            from.width(),
            to.height(),
            to.width());
    Variable added =
        Variable.constant(
            Tensor.of(stage.device(), large, 1, config.features(), to.height(), to.width()));
    Variable sum = projected(stage, Mask2FormerLayout.lateral(index), 0).add(added);
    return projected(sum, Mask2FormerLayout.smooth(index), 1).unary(UnaryOp.RELU);
  }

  /** Convolution and group norm. */
  private Variable projected(Variable map, String name, int padding) {
    Linear convolution = parameters.linear(name + ".0");
    Variable norm = parameters.get(name + ".1.weight");
    return Functions.groupNorm(
        Functions.conv2d(map, convolution.weight(), convolution.bias(), 1, padding),
        Mask2FormerConfig.GROUPS,
        norm,
        parameters.get(name + ".1.bias"),
        EPS);
  }

  private Variable norm(String name, Variable x) {
    return parameters.layerNorm(name, EPS).apply(x);
  }

  private static Variable tokens(Variable map) {
    return map.reshape(1, map.dim(1), -1).permute(0, 2, 1);
  }

  private static Variable map(Variable tokens, MapSize size) {
    return tokens.permute(0, 2, 1).reshape(1, tokens.dim(2), size.height(), size.width());
  }
}
