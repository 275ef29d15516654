package org.diffusionnft.tensor;

import java.util.Arrays;

/** Sums, means and maxima along axes. */
public final class Reductions {
  private Reductions() {}

  /** Sum along axes, which stay with size 1; no axes given means all. */
  public static Tensor sum(Tensor x, int... axes) {
    return reduce(ReduceOp.SUM, x, axes);
  }

  /** Mean along axes, which stay with size 1; no axes given means all. */
  public static Tensor mean(Tensor x, int... axes) {
    Tensor sum = sum(x, axes);
    double count = (double) x.elements() / Math.max(1, sum.elements());
    x.device().elementwise().unary(UnaryOp.AFFINE, 1 / count, 0, sum, sum);
    return sum;
  }

  /** Maximum along axes, which stay with size 1; no axes given means all. */
  public static Tensor max(Tensor x, int... axes) {
    return reduce(ReduceOp.MAX, x, axes);
  }

  /** Reduces along axes, which stay with size 1; no axes given means all. */
  public static Tensor reduce(ReduceOp op, Tensor x, int... axes) {
    boolean[] mask = new boolean[x.shape().rank()];
    if (axes.length == 0) {
      Arrays.fill(mask, true);
    }
    for (int axis : axes) {
      mask[x.shape().axis(axis)] = true;
    }
    Shape shape = x.shape();
    for (int i = 0; i < mask.length; i++) {
      shape = mask[i] ? shape.with(i, 1) : shape;
    }
    Tensor out = x.device().allocate(DType.arithmetic(x), shape);
    x.device().reductions().reduce(op, x, mask, out);
    return out;
  }

  /**
   * Sums a gradient to the shape of the operand that was broadcast: the transpose of broadcasting.
   * Returns {@code gradient} itself where nothing was broadcast.
   */
  public static Tensor sumTo(Tensor gradient, Shape shape) {
    if (gradient.shape().equals(shape)) {
      return gradient;
    }
    int extra = gradient.shape().rank() - shape.rank();
    boolean[] mask = new boolean[gradient.shape().rank()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i < extra || (shape.dim(i - extra) == 1 && gradient.dim(i) != 1);
    }
    Tensor out = gradient.device().allocate(gradient.dtype(), shape);
    gradient.device().reductions().reduce(ReduceOp.SUM, gradient, mask, out);
    return out;
  }
}
