package org.diffusionnft.models.transformer;

import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * adaLN (Peebles and Xie, arXiv 2212.09748): how the conditioning vector modulates a norm.
 *
 * @param scale {@code [B, C]}
 * @param shift {@code [B, C]}
 */
record Modulation(Variable scale, Variable shift) {
  private static final double EPS = 1e-6;

  /** {@code norm(x) * (1 + scale) + shift} of {@code [B, T, C]}. */
  Variable norm(Variable x) {
    return x.modulatedLayerNorm(scale, shift, EPS);
  }

  /**
   * A modulation and the gate {@code [B, C]} on the resulting residual.
   *
   * @param modulation of the preceding norm
   * @param gate factor on the residual
   */
  record Gated(Modulation modulation, Variable gate) {
    /** {@code x + gate * residual}. */
    Variable add(Variable x, Variable residual) {
      return x.gatedAdd(gate, residual);
    }

    /** The preceding norm, as an operand of products. */
    Variable norm(Variable x) {
      return Variable.scoped(x.device(), () -> modulation.norm(x).operand());
    }
  }

  /**
   * Shift, scale and gate of each part of a block: attention, feed-forward network, and the second
   * attention if there is one; diffusers' {@code AdaLayerNormZero} and {@code
   * SD35AdaLayerNormZeroX}.
   *
   * @param linear from {@code [B, C]} to {@code [B, 3 * parts * C]}
   * @param conditioning {@code [B, C]}, already through SiLU
   */
  static List<Gated> gated(
      AdaptedLinear linear, int parts, Variable conditioning, @Nullable Adapter adapter) {
    List<Variable> chunks = linear.apply(conditioning, adapter).chunk(3 * parts, 1);
    return java.util.stream.IntStream.range(0, parts)
        .mapToObj(
            i ->
                new Gated(
                    new Modulation(chunks.get(3 * i + 1), chunks.get(3 * i)),
                    chunks.get(3 * i + 2)))
        .toList();
  }

  /**
   * Scale before shift and no gate: diffusers' {@code AdaLayerNormContinuous}.
   *
   * @param linear from {@code [B, C]} to {@code [B, 2 * C]}
   */
  static Modulation plain(AdaptedLinear linear, Variable conditioning, @Nullable Adapter adapter) {
    List<Variable> chunks = linear.apply(conditioning, adapter).chunk(2, 1);
    return new Modulation(chunks.get(0), chunks.get(1));
  }
}
