package org.diffusionnft.kernels.tornado;

import org.diffusionnft.tensor.Shape;

/**
 * The axes of a shape and the strides of several tensors along them, with as few axes as possible:
 * axes of size 1 are dropped, and adjacent axes that every tensor reads as one are merged.
 */
final class Steps {
  private final int[] sizes;
  private final int[][] steps; // an array for each tensor
  private final int rank;

  /** A shape, and for each tensor its strides along the axes. */
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

  /**
   * Arguments whose first {@code slots} slots are free, followed by size and strides of every axis.
   */
  int[] after(int slots) {
    int each = 1 + steps.length;
    int[] p = new int[slots + each * rank];
    if (p.length > Arguments.INTS) {
      throw new IllegalArgumentException("tensors of more axes than kernels take");
    }
    int slot = slots;
    for (int axis = 0; axis < rank; axis++) {
      p[slot++] = sizes[axis];
      for (int[] own : steps) {
        p[slot++] = own[axis];
      }
    }
    return p;
  }
}
