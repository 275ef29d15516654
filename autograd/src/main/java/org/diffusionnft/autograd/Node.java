package org.diffusionnft.autograd;

import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** An entry of a {@link Tape}. */
sealed interface Node {

  /** The recorded values this node made. */
  List<Variable> outputs();

  /** One operation: its inputs, its output, and whatever else its derivative needs. */
  record Applied(Operation op, List<Variable> inputs, Variable output, List<Tensor> saved)
      implements Node {
    @Override
    public List<Variable> outputs() {
      return List.of(output);
    }

    /** Gives the gradients of the inputs from the output's gradient. */
    void backward(Tensor gradient, Contributions to) {
      Tensor[] in = inputs.stream().map(Variable::tensor).toArray(Tensor[]::new);
      op.backward(in, new Operation.Result(output.tensor(), saved), gradient, to);
    }

    /** Whether {@link #backward} reads the elements of input {@code i}. */
    boolean reads(int i) {
      return op.reads().inputs().test(i, j -> inputs.get(j).requiresGrad());
    }
  }

  /** A value split along an axis; the parts are the outputs. */
  record Split(int axis, Variable input, List<Variable> outputs) implements Node {

    /**
     * The gradient of the input.
     *
     * @param gradients of the parts: null where there is none, but at least one is present
     */
    Tensor join(List<@Nullable Tensor> gradients) {
      Tensor given = gradients.stream().filter(Objects::nonNull).findFirst().orElseThrow();
      Tensor[] all = new Tensor[outputs.size()];
      for (int i = 0; i < all.length; i++) {
        Tensor g = gradients.get(i);
        Shape shape = outputs.get(i).shape();
        all[i] = g != null ? g : Tensor.zeros(given.device(), given.dtype(), shape);
      }
      return Layout.concat(axis, all);
    }
  }

  /**
   * A checkpointed block, to be run again in the backward pass.
   *
   * @param results those of its returned values that are recorded, by their index in the returned
   *     list
   */
  record Block(Checkpoint.Body body, List<Variable> inputs, SortedMap<Integer, Variable> results)
      implements Node {
    @Override
    public List<Variable> outputs() {
      return List.copyOf(results.values());
    }
  }
}
