package org.diffusionnft.tensor;

/** In-place updates. */
public interface OptimizerKernels {

  /**
   * The parameters of one AdamW step.
   *
   * @param learningRate step size
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param eps added to the denominator
   * @param weightDecay decoupled weight decay
   * @param step number of this step, from 1
   */
  record AdamW(
      double learningRate, double beta1, double beta2, double eps, double weightDecay, long step) {}

  /**
   * One step, as in {@code torch.optim.AdamW}: {@code p *= 1 - lr wd}; {@code m += (1 - β₁)(g -
   * m)}; {@code v = β₂ v + (1 - β₂) g²}; {@code p -= lr / (1 - β₁ᵗ) · m / (sqrt(v) / sqrt(1 - β₂ᵗ)
   * + eps)} (Loshchilov and Hutter, arXiv 1711.05101).
   *
   * @param gradientScale factor applied to the gradient first, from clipping
   */
  void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor firstMoment,
      Tensor secondMoment,
      AdamW numbers,
      double gradientScale);

  /** {@code target += weight * (source - target)}. */
  void lerp(Tensor target, Tensor source, double weight);
}
