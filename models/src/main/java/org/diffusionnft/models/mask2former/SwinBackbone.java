package org.diffusionnft.models.mask2former;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Linear;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.models.Patches;
import org.diffusionnft.models.adapter.ForwardPass.Observer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;

/**
 * Swin (Liu et al., arXiv 2103.14030): attention within windows, shifted by half a window in every
 * other block, over a map that halves in size from stage to stage. As a backbone it keeps the full
 * window even if the map is smaller.
 */
final class SwinBackbone {
  /** Epsilon of the norms outside blocks; the configuration's value applies only inside blocks. */
  private static final double EPS = 1e-5;

  private final SwinConfig config;
  private final Parameters parameters;

  SwinBackbone(SwinConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * The output of each stage.
   *
   * @param pixels {@code [1, 3, H, W]}
   * @param observer receives {@code backbone.stage1} and so on
   * @return {@code [1, C, h, w]} for every stage, the finest first
   */
  List<Variable> stages(Variable pixels, Observer observer) {
    Device device = pixels.device();
    int patch = config.patchSize();
    int height = Math.ceilDiv(pixels.shape().intDim(2), patch);
    int width = Math.ceilDiv(pixels.shape().intDim(3), patch);
    Variable x = Variable.scoped(device, () -> embed(pixels));
    List<Variable> maps = new ArrayList<>();
    for (int stage = 0; stage < config.stages(); stage++) {
      x = blocks(x, stage, height, width);
      Variable last = x;
      int s = stage;
      int h = height;
      int w = width;
      Variable map = Variable.scoped(device, () -> map(last, s, h, w));
      observer.see("backbone.stage" + (stage + 1), map);
      maps.add(map);
      if (stage < config.stages() - 1) {
        x = Variable.scoped(device, () -> merge(last, s, h, w));
        height = Math.ceilDiv(height, 2);
        width = Math.ceilDiv(width, 2);
      }
    }
    return maps;
  }

  private Variable embed(Variable pixels) {
    long patch = config.patchSize();
    Variable whole =
        pixels
            .pad(2, 0, Math.floorMod(-pixels.dim(2), patch))
            .pad(3, 0, Math.floorMod(-pixels.dim(3), patch));
    Linear patches = parameters.linear(Mask2FormerLayout.PATCHES);
    Variable weight = patches.weight().reshape(config.width(), 3 * patch * patch);
    Variable tokens = Patches.cut(whole, patch).linear(weight, patches.bias());
    return norm(Mask2FormerLayout.PATCH_NORM, tokens, EPS);
  }

  private Variable blocks(Variable x, int stage, int height, int width) {
    return Variable.scoped(
        x.device(),
        () -> {
          int window = config.window();
          WindowGrid straight = WindowGrid.of(x.device(), height, width, window, 0);
          WindowGrid shifted = WindowGrid.of(x.device(), height, width, window, window / 2);
          Tensor offsets = offsets(x.device(), window);
          Variable y = x;
          for (int i = 0; i < config.depths().get(stage); i++) {
            Variable in = y;
            int index = i;
            WindowGrid grid = i % 2 == 0 ? straight : shifted;
            y = Variable.scoped(x.device(), () -> block(in, stage, index, grid, offsets));
            if (in != x) {
              in.value().release();
            }
          }
          return y;
        });
  }

  private Variable block(Variable x, int stage, int index, WindowGrid grid, Tensor offsets) {
    String name = Mask2FormerLayout.block(stage, index);
    Variable windows = grid.cut(norm(name + ".layernorm_before", x, config.layerNormEps()));
    int heads = config.heads().get(stage);
    Variable bias =
        parameters
            .get(name + Mask2FormerLayout.TABLE)
            .embedding(offsets)
            .permute(1, 0)
            .reshape(1, heads, grid.tokens(), grid.tokens());
    Variable mask = grid.mask();
    Variable attended =
        Functions.attention(
            parameters.linear(name + ".attention.self.query").apply(windows),
            parameters.linear(name + ".attention.self.key").apply(windows),
            parameters.linear(name + ".attention.self.value").apply(windows),
            mask == null ? bias : bias.add(mask),
            heads,
            1 / Math.sqrt((double) config.channels(stage) / heads));
    Variable out = parameters.linear(name + ".attention.output.dense").apply(attended);
    Variable y = x.add(grid.join(out));
    Linear inner = parameters.linear(name + ".intermediate.dense");
    Variable hidden =
        norm(name + ".layernorm_after", y, config.layerNormEps())
            .linear(inner.weight(), inner.bias(), config.activation());
    return y.add(parameters.linear(name + ".output.dense").apply(hidden));
  }

  /** I64 {@code [S * S]}: the bias table row for each pair of tokens in a window. */
  private static Tensor offsets(Device device, int window) {
    int tokens = window * window;
    int span = 2 * window - 1;
    long[] rows = new long[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        int down = i / window - j / window + window - 1;
        int across = i % window - j % window + window - 1;
        rows[i * tokens + j] = (long) down * span + across;
      }
    }
    return Tensor.of(device, rows, rows.length);
  }

  private Variable map(Variable x, int stage, int height, int width) {
    return norm(Mask2FormerLayout.stageNorm(stage), x, EPS)
        .permute(0, 2, 1)
        .reshape(1, config.channels(stage), height, width);
  }

  /** Patch merging: concatenates 2x2 tokens, column by column, with zeros beyond odd edges. */
  private Variable merge(Variable x, int stage, int height, int width) {
    int rows = Math.ceilDiv(height, 2);
    int columns = Math.ceilDiv(width, 2);
    long channels = config.channels(stage);
    long[] from = new long[4 * rows * columns];
    for (int i = 0; i < from.length; i++) {
      int y = i / 4 / columns * 2 + i % 2;
      int at = i / 4 % columns * 2 + i / 2 % 2;
      from[i] = y < height && at < width ? (long) y * width + at : (long) height * width;
    }
    Variable squares =
        x.pad(1, 0, 1)
            .reshape(-1, channels)
            .embedding(Tensor.of(x.device(), from, from.length))
            .reshape(1, (long) rows * columns, 4 * channels);
    String name = Mask2FormerLayout.merge(stage);
    return parameters.linear(name + ".reduction").apply(norm(name + ".norm", squares, EPS));
  }

  private Variable norm(String name, Variable x, double eps) {
    return parameters.layerNorm(name, eps).apply(x);
  }
}
