package org.diffusionnft.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention that never stores the score matrix (Dao et al., FlashAttention,
 * arXiv 2205.14135). Heads are adjacent in the last dimension, so callers need no transpose.
 */
public interface AttentionKernels {

  /**
   * {@code out = softmax(scale q kᵀ + mask) v} per head. Where q, k and v are BF16, {@code
   * exp(score - maximum)} is rounded to BF16 before it is multiplied by v, but not for the softmax
   * sum (as under autocast); sums, out and logSumExp are still F32.
   *
   * @param q {@code [B, S, H*D]}
   * @param k {@code [B, T, H*D]}
   * @param v {@code [B, T, H*D]}
   * @param mask added to the scores: {@code [B or 1, H or 1, S, T]}, or null
   * @param out {@code [B, S, H*D]}
   * @param logSumExp {@code [B, H, S]}: the logarithm of each row's softmax denominator (scores
   *     scaled and masked), needed by the backward pass
   */
  void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Tensor out,
      Tensor logSumExp);

  /**
   * Gradients with respect to {@code q}, {@code k} and {@code v}; arguments as in the forward pass.
   * Where q, k, v and gradOut are BF16, probabilities and score gradients are rounded to BF16
   * before they are multiplied.
   */
  void attentionGrad(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor mask,
      int heads,
      double scale,
      Tensor out,
      Tensor logSumExp,
      Tensor gradOut,
      Tensor gradQ,
      Tensor gradK,
      Tensor gradV);
}
