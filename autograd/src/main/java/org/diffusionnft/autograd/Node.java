package org.diffusionnft.autograd;

import java.util.List;
import org.diffusionnft.tensor.Tensor;

/** What a {@link Tape} remembers. */
sealed interface Node {

  /** One operation: what went in, what came out and what its derivative needs besides. */
  record Applied(Operation op, List<Variable> inputs, Variable output, List<Tensor> saved)
      implements Node {}

  /** A checkpointed block, to be run again in the backward pass. */
  record Block(Checkpoint.Body body, List<Variable> inputs, List<Output> outputs) implements Node {}

  /** One of the values a block returns: its place among them. */
  record Output(int index, Variable variable) {}
}
