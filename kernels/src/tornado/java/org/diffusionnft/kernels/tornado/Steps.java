package org.diffusionnft.kernels.tornado;

import java.util.Arrays;
import org.diffusionnft.tensor.Shape;

/**
 * Axes with the steps that several tensors take along them, with as few axes as do: axes of size 1
 * go, and neighbours that every tensor walks through in one go become one.
 */
final class Steps {
  private final int[] sizes;
  private final int[][] steps; // one array a tensor
  private final int rank;

  /** Sizes of the axes, and each tensor's steps along them. */
  Steps(Shape shape, long[]... given) {
    int[] s = new int[Math.max(1, shape.rank())];
    int[][] t = new int[given.length][s.length];
    int axes = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) == 1) {
        continue;
      }
      int size = shape.intDim(axis);
      boolean joined = axes > 0;
      for (int i = 0; joined && i < given.length; i++) {
        joined = t[i][axes - 1] == given[i][axis] * size;
      }
      axes += joined ? 0 : 1;
      s[axes - 1] = joined ? s[axes - 1] * size : size;
      for (int i = 0; i < given.length; i++) {
        t[i][axes - 1] = Math.toIntExact(given[i][axis]);
      }
    }
    if (axes == 0) {
      s[0] = 1;
      axes = 1;
    }
    sizes = s;
    steps = t;
    rank = axes;
  }

  int rank() {
    return rank;
  }

  /** The given arguments, then (size, steps..) of every axis. */
  int[] after(int... first) {
    int each = 1 + steps.length;
    int[] all = Arrays.copyOf(first, first.length + each * rank);
    if (all.length > Arguments.INTS) {
      throw new IllegalArgumentException("tensors of more axes than kernels take");
    }
    int at = first.length;
    for (int axis = 0; axis < rank; axis++) {
      all[at++] = sizes[axis];
      for (int[] own : steps) {
        all[at++] = own[axis];
      }
    }
    return all;
  }
}
