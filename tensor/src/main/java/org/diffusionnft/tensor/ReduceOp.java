package org.diffusionnft.tensor;

/** Functions of many numbers that give one. */
public enum ReduceOp {
  SUM,
  SUM_OF_SQUARES,
  MAX
}
