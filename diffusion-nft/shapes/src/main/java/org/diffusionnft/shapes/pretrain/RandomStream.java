package org.diffusionnft.shapes.pretrain;

import org.diffusionnft.tensor.Philox;

/**
 * The purposes of random numbers. Each purpose has its own 2^48 streams, addressed by the sample's
 * index, so that a batch depends on its step alone, independent of earlier draws and of resuming.
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

  /** The random numbers at one index. */
  Philox at(long seed, long index) {
    return new Philox(seed, first | index);
  }
}
