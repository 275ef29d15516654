package org.diffusionnft.tensor;

/** Ways to make one number of many. */
public enum ReduceOp {
  SUM,
  SUM_OF_SQUARES,
  MAX
}
