package org.diffusionnft.autograd;

import java.util.List;
import org.diffusionnft.tensor.Tensor;

/**
 * A primitive operation with its parameters: its computation, its derivative, and which values the
 * derivative reads, all in one record. Everything else is composed of these.
 *
 * <p>Non-differentiable points follow PyTorch: a maximum's gradient is split evenly among ties,
 * {@code |x|} has derivative 0 at 0.
 */
sealed interface Operation
    permits ElementwiseOperation,
        LayoutOperation,
        ReductionOperation,
        ProductOperation,
        NormOperation,
        Convolution {

  /**
   * The result of an operation.
   *
   * @param saved what the derivative needs in addition to inputs and output
   */
  record Result(Tensor out, List<Tensor> saved) {
    Result(Tensor out, Tensor... saved) {
      this(out, List.of(saved));
    }
  }

  /** Computes the result from the inputs. */
  Result forward(Tensor... in);

  /**
   * The derivative: gives the gradients of the inputs, computing only those that are needed. Where
   * an input was broadcast, {@link Contributions} sums its gradient to the input's shape.
   *
   * @param in the inputs
   * @param made what {@link #forward} computed
   * @param g the gradient of its output
   */
  void backward(Tensor[] in, Result made, Tensor g, Contributions to);

  /** Which values {@link #backward} reads. */
  Reads reads();

  /** Whether there is a derivative; a result without one is a constant. */
  default boolean isDifferentiable() {
    return true;
  }
}
