package org.diffusionnft.models.transformer;

/** How an MMDiT normalises queries and keys per head before attention. */
public enum QkNorm {
  /** Not at all, as Stable Diffusion 3 Medium. */
  NONE,
  /** Root mean square norm with a weight per head dimension, as Stable Diffusion 3.5. */
  RMS_NORM
}
