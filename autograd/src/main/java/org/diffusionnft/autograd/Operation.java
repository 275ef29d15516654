package org.diffusionnft.autograd;

import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.LayoutKernels.Window;
import org.diffusionnft.tensor.MatrixKernels.Product;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.UnaryOp;
import org.jspecify.annotations.Nullable;

/**
 * Every primitive operation with its parameters. {@link Forward} says how one is computed, {@link
 * Derivatives} has its derivative; everything else is composed of these.
 */
sealed interface Operation {

  /** {@code x op y}, broadcasting. */
  record Binary(BinaryOp op) implements Operation {}

  /** {@code f(x)}. */
  record Unary(UnaryOp op, double a, double b) implements Operation {}

  /** Another storage type. */
  record Convert(DType to) implements Operation {}

  /** {@code condition != 0 ? x : y} of condition, x, y. */
  record Select() implements Operation {}

  /** {@code residual + gate * x} of residual, gate, x. */
  record GatedAdd() implements Operation {}

  /** Another shape over the same memory. */
  record Reshape(Shape to) implements Operation {}

  /** Another order of the axes. */
  record Permute(int[] dims) implements Operation {}

  /** A part of an axis. */
  record Slice(int axis, long start, long end, long step) implements Operation {}

  /** Zeros before and after an axis. */
  record Pad(int axis, long before, long after) implements Operation {}

  /** Tensors side by side along an axis. */
  record Concat(int axis) implements Operation {}

  /** Size-1 axes stretched. */
  record Expand(Shape to) implements Operation {}

  /** Sum along axes, which stay with size 1. */
  record Sum(int[] axes) implements Operation {}

  /** Maximum along axes, which stay with size 1. */
  record Max(int[] axes) implements Operation {}

  /** {@code scale * op(a) op(b)}. */
  record Matmul(Product product) implements Operation {}

  /** {@code x Wᵀ [+ bias]} of x, W and perhaps bias; not differentiable with an activation. */
  record Linear(@Nullable UnaryOp activation) implements Operation {}

  /** {@code x Wᵀ [+ bias] + scale (x Aᵀ) Bᵀ} of x, W, A, B and perhaps bias. */
  record LowRankLinear(double scale) implements Operation {}

  /** Layer norm of x, then weight and bias where there are any. */
  record LayerNorm(double eps, boolean weighted, boolean biased) implements Operation {}

  /** RMS norm of x and perhaps weight. */
  record RmsNorm(double eps) implements Operation {}

  /** Softmax along the last axis. */
  record Softmax() implements Operation {}

  /** Logarithm of the softmax along the last axis. */
  record LogSoftmax() implements Operation {}

  /** Attention of q, k, v and perhaps a mask (of which there is no derivative here). */
  record Attention(int heads, double scale) implements Operation {}

  /** Rows of a table by ids. */
  record Gather() implements Operation {}

  /** Convolution of x with weight and perhaps bias, unfolding so many elements at a time. */
  record Conv2d(Window window, long bandElements) implements Operation {}
}
