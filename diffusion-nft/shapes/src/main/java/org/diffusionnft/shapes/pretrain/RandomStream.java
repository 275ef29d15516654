package org.diffusionnft.shapes.pretrain;

import org.diffusionnft.tensor.Philox;

/**
 * What random numbers are drawn for. Each purpose has 2^48 streams of its own, addressed by the
 * number of the sample, so that a batch depends on its step alone: whatever was drawn before, and
 * wherever a run was resumed.
 */
enum RandomStream {
  /** Prompt and scene of a sample. */
  SCENE(1),
  /** Whether a sample loses its caption, and its noise level. */
  LEVEL(2),
  /** The noise of a sample. */
  NOISE(3);

  private final long first;

  RandomStream(int number) {
    this.first = (long) number << 48;
  }

  /** The numbers at one index. */
  Philox at(long seed, long index) {
    return new Philox(seed, first | index);
  }
}
