package org.diffusionnft.models.mask2former;

import static org.diffusionnft.models.mask2former.Mask2FormerConfig.LEVELS;
import static org.diffusionnft.models.mask2former.Mask2FormerLayout.POINTS;

import java.util.List;
import java.util.stream.IntStream;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;
import org.diffusionnft.tensor.Tensor;

/**
 * Multi-scale deformable attention (Zhu et al., arXiv 2010.04159): every token attends to a few
 * predicted points of every level instead of to all tokens. The sampling points depend on data, so
 * sampling is a plain loop here; each token is summed by one thread, in a fixed order.
 */
final class DeformableAttention {
  /** Tokens that a thread processes at a time. */
  private static final int RUN = 64;

  private final Parameters parameters;
  private final int heads;
  private final List<MapSize> levels;

  /**
   * @param levels the maps whose tokens are concatenated, as many as {@link
   *     Mask2FormerConfig#LEVELS}
   */
  DeformableAttention(Parameters parameters, int heads, List<MapSize> levels) {
    this.parameters = parameters;
    this.heads = heads;
    this.levels = levels;
  }

  /**
   * Applies one layer's attention.
   *
   * @param name the layer's name
   * @param tokens {@code [1, T, C]} of all levels
   * @param placed the same with positions added
   * @return {@code [1, T, C]}
   */
  Variable apply(String name, Variable tokens, Variable placed) {
    Variable value = parameters.linear(name + ".value_proj").apply(tokens);
    Variable offsets = parameters.linear(name + ".sampling_offsets").apply(placed);
    Variable weights =
        parameters
            .linear(name + ".attention_weights")
            .apply(placed)
            .reshape(-1, LEVELS * POINTS)
            .softmax(-1);
    float[] sums =
        sums(value.value().toFloats(), offsets.value().toFloats(), weights.value().toFloats());
    Variable seen = Variable.constant(Tensor.of(tokens.device(), sums, tokens.shape().dims()));
    return parameters.linear(name + ".output_proj").apply(seen);
  }

  private float[] sums(float[] value, float[] offsets, float[] weights) {
    float[] out = new float[value.length];
    int tokens = levels.stream().mapToInt(MapSize::tokens).sum();
    int width = value.length / tokens;
    double[] acrossAt = new double[tokens];
    double[] downAt = new double[tokens];
    int next = 0;
    for (MapSize level : levels) {
      for (int i = 0; i < level.tokens(); i++) {
        acrossAt[next] = (i % level.width() + 0.5) / level.width();
        downAt[next] = (Math.floorDiv(i, level.width()) + 0.5) / level.height();
        next++;
      }
    }
    IntStream.range(0, Math.ceilDiv(tokens, RUN))
        .parallel()
        .forEach(
            run -> {
              for (int t = run * RUN; t < Math.min(tokens, (run + 1) * RUN); t++) {
                for (int head = 0; head < heads; head++) {
                  look(t, head, width, acrossAt[t], downAt[t], value, offsets, weights, out);
                }
              }
            });
    return out;
  }

  private void look(
      int token,
      int head,
      int width,
      double across,
      double down,
      float[] value,
      float[] offsets,
      float[] weights,
      float[] out) {
    int size = width / heads;
    int to = token * width + head * size;
    int point = (token * heads + head) * LEVELS * POINTS;
    int start = 0;
    for (MapSize level : levels) {
      for (int p = 0; p < POINTS; p++, point++) {
        double x = across * level.width() + offsets[2 * point] - 0.5;
        double y = down * level.height() + offsets[2 * point + 1] - 0.5;
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double bottom = y - top;
        for (int corner = 0; corner < 4; corner++) {
          int column = left + corner % 2;
          int row = top + corner / 2;
          if (column < 0 || column >= level.width() || row < 0 || row >= level.height()) {
            continue; // zeros beyond the edges
          }
          double share =
              (corner % 2 == 0 ? 1 - right : right) * (corner / 2 == 0 ? 1 - bottom : bottom);
          int from = (start + row * level.width() + column) * width + head * size;
          add((float) (share * weights[point]), value, from, out, to, size);
        }
      }
      start += level.tokens();
    }
  }

  private static void add(float factor, float[] value, int from, float[] out, int to, int size) {
    for (int i = 0; i < size; i++) {
      out[to + i] += factor * value[from + i];
    }
  }
}
