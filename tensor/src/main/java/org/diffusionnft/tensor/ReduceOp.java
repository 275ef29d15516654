package org.diffusionnft.tensor;

/** Reductions of many numbers to one. */
public enum ReduceOp {
  SUM,
  SUM_OF_SQUARES,
  MAX
}
