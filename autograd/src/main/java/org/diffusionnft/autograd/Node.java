package org.diffusionnft.autograd;

import java.util.List;
import java.util.SortedMap;
import org.diffusionnft.tensor.Tensor;

/** What a {@link Tape} remembers. */
sealed interface Node {

  /** The recorded values this node made. */
  List<Variable> outputs();

  /** One operation: what went in, what came out and what its derivative needs besides. */
  record Applied(Operation op, List<Variable> inputs, Variable output, List<Tensor> saved)
      implements Node {
    @Override
    public List<Variable> outputs() {
      return List.of(output);
    }
  }

  /** A value cut along an axis into parts that are its outputs. */
  record Split(int axis, Variable input, List<Variable> outputs) implements Node {}

  /**
   * A checkpointed block, to be run again in the backward pass.
   *
   * @param results those of the values it returns that were recorded, by their place among them
   */
  record Block(Checkpoint.Body body, List<Variable> inputs, SortedMap<Integer, Variable> results)
      implements Node {
    @Override
    public List<Variable> outputs() {
      return List.copyOf(results.values());
    }
  }
}
