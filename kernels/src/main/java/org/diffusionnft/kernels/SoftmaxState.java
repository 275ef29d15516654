package org.diffusionnft.kernels;

import org.diffusionnft.kernels.machine.MachineExponentials;

/**
 * Per-row state between blocks of keys: the maximum so far, the maximum including the current
 * block, the sum of the block's exponentials, and the total sum.
 *
 * @param address of the first row's state
 */
record SoftmaxState(long address) {
  /** Floats per row. */
  static final int FLOATS = MachineExponentials.STATE_FLOATS;

  /** The state from a later row on. */
  SoftmaxState from(int row) {
    return new SoftmaxState(at(row));
  }

  private long at(int row) {
    return address + 4L * FLOATS * row;
  }

  /** Initialises the state before the first block. */
  void begin(int rows) {
    for (int r = 0; r < rows; r++) {
      Lanes.set(at(r), Float.NEGATIVE_INFINITY);
      Lanes.set(at(r) + 12, 0);
    }
  }

  /** The maximum so far. */
  float max(int row) {
    return Lanes.get(at(row));
  }

  /** Sets the results of a block. */
  void found(int row, float max, float sum) {
    Lanes.set(at(row) + 4, max);
    Lanes.set(at(row) + 8, sum);
  }

  /** Adds the block to the total; returns the factor by which earlier results are rescaled. */
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

  /** The value subtracted from scores: if all are masked out, any finite shift gives 0. */
  static float shift(float max) {
    return max == Float.NEGATIVE_INFINITY ? 0 : max;
  }
}
