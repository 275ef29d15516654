package org.diffusionnft.autograd;

/**
 * RMS norm along the last axis.
 *
 * @param weight {@code [C]}
 * @param eps added to the mean square
 */
public record RmsNorm(Variable weight, double eps) {
  /** {@code [.., C]} to the same. */
  public Variable apply(Variable x) {
    return x.rmsNorm(weight, eps);
  }
}
