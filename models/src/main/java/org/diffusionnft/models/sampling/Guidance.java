package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): {@code u + scale (c - u)} for the
 * velocities u of the empty or negative prompt and c of the prompt.
 *
 * @param scale guidance scale; as in diffusers, scales up to 1 mean no guidance and become 1
 */
public record Guidance(double scale) {
  /** No guidance: the velocity of the prompt only. */
  public static final Guidance NONE = new Guidance(1);

  /** Maps every scale that means no guidance to 1. */
  public Guidance {
    scale = Math.max(1, scale);
  }

  /** Whether the unconditional evaluation can be skipped. */
  public boolean isNone() {
    return scale == 1;
  }

  /** The guided velocity; operands and result have the same shape. */
  public Tensor apply(Tensor unconditional, Tensor conditional) {
    return further(unconditional, conditional, unconditional, scale);
  }

  /** {@code start + scale (to - from)}. */
  static Tensor further(Tensor start, Tensor to, Tensor from, double scale) {
    return Elementwise.add(start, Elementwise.scale(Elementwise.sub(to, from), (float) scale));
  }
}
