package org.diffusionnft.kernels;

import org.diffusionnft.kernels.machine.MachineExponentials;

/**
 * Per row of scores, between blocks of keys: the largest so far, the largest with the block at
 * hand, the sum of the block's exponentials, and the sum of all.
 *
 * @param address of the first row's
 */
record SoftmaxState(long address) {
  /** Floats of a row. */
  static final int FLOATS = MachineExponentials.STATE_FLOATS;

  /** The state of later rows. */
  SoftmaxState from(int row) {
    return new SoftmaxState(at(row));
  }

  private long at(int row) {
    return address + 4L * FLOATS * row;
  }

  /** Before the first block. */
  void begin(int rows) {
    for (int r = 0; r < rows; r++) {
      Lanes.set(at(r), Float.NEGATIVE_INFINITY);
      Lanes.set(at(r) + 12, 0);
    }
  }

  /** The largest so far. */
  float max(int row) {
    return Lanes.get(at(row));
  }

  /** What a block found. */
  void found(int row, float max, float sum) {
    Lanes.set(at(row) + 4, max);
    Lanes.set(at(row) + 8, sum);
  }

  /** Adds the block to what was before; returns the factor that this is scaled with for it. */
  float add(int row) {
    float before = Lanes.get(at(row));
    float now = Lanes.get(at(row) + 4);
    float shift = shift(now);
    float fade = before == shift ? 1 : (float) Math.exp(before - shift);
    Lanes.set(at(row) + 12, Lanes.get(at(row) + 8) + fade * Lanes.get(at(row) + 12));
    Lanes.set(at(row), now);
    return fade;
  }

  /** Sum of all exponentials. */
  float total(int row) {
    return Lanes.get(at(row) + 12);
  }

  /** What is subtracted from scores: where all are masked out, any finite shift gives 0. */
  static float shift(float max) {
    return max == Float.NEGATIVE_INFINITY ? 0 : max;
  }
}
