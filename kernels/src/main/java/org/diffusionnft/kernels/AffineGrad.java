package org.diffusionnft.kernels;

import static org.diffusionnft.kernels.Operands.address;

import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a norm's weight and bias, {@code [G, C]} each. Rows are split into chunks that do
 * not cross groups; a chunk sums its rows in floats, and the chunks of a group are added in order
 * in doubles.
 */
final class AffineGrad {
  private static final int MOST_ROWS = 64;
  private static final int SLOT_SUMS = 3;

  private final long weight;
  private final long bias;
  private final long weightGroups;
  private final long biasGroups;
  private final int c;
  private final int groups;
  private final long rowsPerGroup;
  private final int rowsPerChunk;
  private final int chunksPerGroup;
  private final float[][] partial;

  AffineGrad(@Nullable Tensor gradWeight, @Nullable Tensor gradBias, long rows, int c) {
    this.weight = gradWeight == null ? 0 : address(gradWeight);
    this.bias = gradBias == null ? 0 : address(gradBias);
    this.weightGroups = gradWeight == null ? 1 : gradWeight.elements() / c;
    this.biasGroups = gradBias == null ? 1 : gradBias.elements() / c;
    this.c = c;
    this.groups = Math.toIntExact(Math.max(weightGroups, biasGroups));
    this.rowsPerGroup = rows / groups;
    this.rowsPerChunk = (int) Math.max(1, Math.min(MOST_ROWS, rowsPerGroup));
    this.chunksPerGroup = Math.toIntExact((rowsPerGroup + rowsPerChunk - 1) / rowsPerChunk);
    this.partial = new float[wanted() ? tasks() : 0][2 * c];
  }

  /** Whether the groups of the two nest: one has a single group, or both have the same number. */
  static boolean fits(@Nullable Tensor gradWeight, @Nullable Tensor gradBias, int c) {
    if (c == 0) {
      return false;
    }
    if (gradWeight == null || gradBias == null) {
      return true;
    }
    long w = gradWeight.elements() / c;
    long b = gradBias.elements() / c;
    return w == b || w == 1 || b == 1;
  }

  private boolean wanted() {
    return weight != 0 || bias != 0;
  }

  int tasks() {
    return groups * chunksPerGroup;
  }

  long firstRow(int task) {
    return task / chunksPerGroup * rowsPerGroup + (long) (task % chunksPerGroup) * rowsPerChunk;
  }

  long lastRow(int task) {
    long end = (task / chunksPerGroup + 1) * rowsPerGroup;
    return Math.min(end, firstRow(task) + rowsPerChunk);
  }

  /** Zeroed memory for a task's sums, {@code [2, C]}, or 0 if no gradient is wanted. */
  long sums(int task, Scratch scratch) {
    if (!wanted()) {
      return 0;
    }
    long sums = scratch.floats(SLOT_SUMS, 2L * c);
    RowLoops.fill(sums, 0, 2 * c);
    return sums;
  }

  /** Receives a task's sums. */
  void done(int task, long sums) {
    if (sums != 0) {
      for (int i = 0; i < 2 * c; i++) {
        partial[task][i] = Lanes.get(sums + 4L * i);
      }
    }
  }

  /** Adds up all chunks. */
  void combine() {
    if (weight != 0) {
      combine(weight, weightGroups, 0);
    }
    if (bias != 0) {
      combine(bias, biasGroups, c);
    }
  }

  private void combine(long to, long ownGroups, int offset) {
    int chunks = Math.toIntExact(tasks() / ownGroups);
    double[] sum = new double[c];
    for (int group = 0; group < ownGroups; group++) {
      java.util.Arrays.fill(sum, 0);
      for (int chunk = group * chunks; chunk < (group + 1) * chunks; chunk++) {
        float[] part = partial[chunk];
        for (int i = 0; i < c; i++) {
          sum[i] += part[offset + i];
        }
      }
      for (int i = 0; i < c; i++) {
        Lanes.set(to + 4L * ((long) group * c + i), (float) sum[i]);
      }
    }
  }
}
