package org.diffusionnft.models.transformer;

import java.util.List;
import java.util.function.Supplier;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.Device;
import org.jspecify.annotations.Nullable;

/**
 * Attention over image and text tokens together, image first, each with its own weights.
 *
 * @param imageOut the image tokens' output layer
 * @param textOut the text tokens' output layer; null in the last block, which drops the text
 */
record JointAttention(
    Projections image,
    Projections text,
    AdaptedLinear imageOut,
    @Nullable AdaptedLinear textOut,
    int heads) {

  static JointAttention of(MmditWeights weights, String name, int heads, boolean last) {
    return new JointAttention(
        Projections.ofImage(weights, name, heads),
        Projections.ofText(weights, name, heads),
        weights.linear(name + ".to_out.0"),
        last ? null : weights.linear(name + ".to_add_out"),
        heads);
  }

  /**
   * The attention output of each stream.
   *
   * @param imageTokens {@code [B, N, C]}
   * @param textTokens {@code [B, S, C]}
   */
  Streams apply(Variable imageTokens, Variable textTokens, @Nullable Adapter adapter) {
    Device device = imageTokens.device();
    return Streams.of(
        Variable.scopedAll(
            device,
            () -> {
              Variable x = imageTokens.operand();
              Variable c = textTokens.operand();
              // The last block needs no output for the text, so it has no text queries: the rows
              // are independent.
              Variable queries =
                  joined(
                      device,
                      () -> image.queries(x, adapter),
                      textOut == null ? null : () -> text.queries(c, adapter));
              Variable keys =
                  joined(device, () -> image.keys(x, adapter), () -> text.keys(c, adapter));
              Variable values =
                  joined(device, () -> image.values(x, adapter), () -> text.values(c, adapter));
              double scale = 1 / Math.sqrt((double) queries.dim(-1) / heads);
              Variable attended = Functions.attention(queries, keys, values, null, heads, scale);
              if (textOut == null) {
                return List.of(imageOut.apply(attended, adapter));
              }
              List<Variable> parts = attended.split(1, x.dim(1), c.dim(1));
              return List.of(
                  imageOut.apply(parts.get(0), adapter), textOut.apply(parts.get(1), adapter));
            }));
  }

  /** Concatenates image and text tokens as operands of attention; the parts are freed. */
  private static Variable joined(
      Device device, Supplier<Variable> image, @Nullable Supplier<Variable> text) {
    return Variable.scoped(
        device,
        () ->
            text == null
                ? image.get().operand()
                : Variable.concat(1, image.get().operand(), text.get().operand()));
  }
}
