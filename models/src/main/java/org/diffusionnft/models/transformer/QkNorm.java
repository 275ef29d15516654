package org.diffusionnft.models.transformer;

/** How an MMDiT normalises queries and keys per head before attention. */
public enum QkNorm {
  /** No norm, as in Stable Diffusion 3 Medium. */
  NONE,
  /** RMS norm with a weight per head dimension, as in Stable Diffusion 3.5. */
  RMS_NORM
}
