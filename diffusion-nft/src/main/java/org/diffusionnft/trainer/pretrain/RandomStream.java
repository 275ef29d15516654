package org.diffusionnft.trainer.pretrain;

import org.diffusionnft.tensor.Philox;

/**
 * What random numbers are drawn for. Each purpose has 2^48 streams of its own, addressed by the
 * number of the sample, so that a batch depends on its step alone: whatever was drawn before, and
 * wherever a run was resumed.
 */
enum RandomStream {
  /** Prompt and scene of a sample. */
  SCENE,
  /** Whether a sample loses its caption, and its noise level. */
  LEVEL,
  /** The noise of a sample. */
  NOISE;

  /** The numbers at one index. */
  Philox at(long seed, long index) {
    return new Philox(seed, (ordinal() + 1L) << 48 | index);
  }
}
