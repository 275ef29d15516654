package org.diffusionnft.tensor;

/** Sums and maxima along axes. The order of additions is fixed: it depends only on the shape. */
public interface ReductionKernels {
  /**
   * Reduces {@code x} along some axes.
   *
   * @param axes per axis of {@code x}, whether it is reduced
   * @param out the shape of {@code x} with 1 where {@code axes} is true, or any shape with as many
   *     elements
   */
  void reduce(ReduceOp op, Tensor x, boolean[] axes, Tensor out);
}
