package org.diffusionnft.models.sampling;

import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Tensor;

/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): {@code u + scale (c - u)} of the
 * velocities u for the empty or negative prompt and c for the prompt.
 *
 * @param scale how far to go; as in diffusers, scales up to 1 mean no guidance and become 1
 */
public record Guidance(double scale) {
  /** No guidance: the velocity for the prompt alone. */
  public static final Guidance NONE = new Guidance(1);

  /** Makes every scale that means no guidance the same one. */
  public Guidance {
    scale = Math.max(1, scale);
  }

  /** Whether the model need not be evaluated without the prompt. */
  public boolean isNone() {
    return scale == 1;
  }

  /** The guided velocity; operands and result are of one shape. */
  public Tensor apply(Tensor unconditional, Tensor conditional) {
    return further(unconditional, conditional, unconditional, scale);
  }

  /** {@code start + scale (to - from)}. */
  static Tensor further(Tensor start, Tensor to, Tensor from, double scale) {
    return Elementwise.add(start, Elementwise.scale(Elementwise.sub(to, from), (float) scale));
  }
}
