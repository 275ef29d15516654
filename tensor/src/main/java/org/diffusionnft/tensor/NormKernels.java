package org.diffusionnft.tensor;

import org.jspecify.annotations.Nullable;

/** Normalisations along the last axis. */
public interface NormKernels {

  /**
   * {@code out = (x - mean) / sqrt(var + eps) * weight + bias} over the last axis.
   *
   * @param x {@code [.., C]}, seen as {@code [R, C]}
   * @param weight {@code [G, C]} where G divides R: group g applies to rows {@code g R/G} to {@code
   *     (g+1) R/G}. G is 1 for a plain affine and the batch size for adaLN, where it holds {@code 1
   *     + scale}. Null for 1
   * @param bias like {@code weight}; null for 0
   * @param out like {@code x}
   * @param mean {@code [R]}, for the backward pass
   * @param rstd {@code [R]}, {@code 1 / sqrt(var + eps)}, for the backward pass
   */
  void layerNorm(
      Tensor x,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps,
      Tensor out,
      Tensor mean,
      Tensor rstd);

  /**
   * Gradients of {@link #layerNorm}; {@code gradWeight} and {@code gradBias} {@code [G, C]} or
   * null.
   */
  void layerNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight,
      @Nullable Tensor gradBias);

  /**
   * {@code out = x / sqrt(mean(x²) + eps) * weight} over the last axis.
   *
   * @param x {@code [.., C]}, seen as {@code [R, C]}
   * @param weight {@code [C]}, or null for 1
   * @param rstd {@code [R]}, for the backward pass
   */
  void rmsNorm(Tensor x, @Nullable Tensor weight, double eps, Tensor out, Tensor rstd);

  /** Gradients of {@link #rmsNorm}; {@code gradWeight} {@code [C]} or null. */
  void rmsNormGrad(
      Tensor x,
      @Nullable Tensor weight,
      Tensor rstd,
      Tensor gradOut,
      Tensor gradX,
      @Nullable Tensor gradWeight);

  /** {@code out = exp(x - max) / sum} along the last axis. */
  void softmax(Tensor x, Tensor out);

  /** {@code gradX = out * (gradOut - sum(gradOut * out))} along the last axis. */
  void softmaxGrad(Tensor out, Tensor gradOut, Tensor gradX);
}
