package org.diffusionnft.autograd;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.diffusionnft.tensor.Reductions;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Receives from {@link Operation#backward} a gradient for each input that needs one. */
final class Contributions {
  private final List<Variable> inputs;
  private final @Nullable Tensor[] gradients;

  Contributions(List<Variable> inputs) {
    this.inputs = inputs;
    this.gradients = new @Nullable Tensor[inputs.size()];
  }

  /** Whether the operation has input {@code i} and its gradient is wanted. */
  boolean needs(int i) {
    return i < inputs.size() && inputs.get(i).requiresGrad();
  }

  /** Computes and gives the gradient of input {@code i}, if it is needed. */
  void give(int i, Supplier<Tensor> gradient) {
    if (needs(i)) {
      give(i, gradient.get());
    }
  }

  /**
   * Gives the gradient of input {@code i}; it may have another shape with as many elements, or the
   * shape that the input was broadcast to. Null, or a gradient that is not needed, is ignored.
   */
  void give(int i, @Nullable Tensor gradient) {
    if (gradient != null && needs(i)) {
      Shape shape = inputs.get(i).shape();
      gradients[i] =
          gradient.elements() == shape.elements()
              ? gradient.reshape(shape)
              : Reductions.sumTo(gradient, shape);
    }
  }

  /** Runs an action on every input that has a gradient, and on that gradient, in order. */
  void each(BiConsumer<Variable, Tensor> action) {
    for (int i = 0; i < gradients.length; i++) {
      Tensor gradient = gradients[i];
      if (gradient != null) {
        action.accept(inputs.get(i), gradient);
      }
    }
  }
}
