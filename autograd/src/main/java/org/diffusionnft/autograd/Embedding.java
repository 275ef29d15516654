package org.diffusionnft.autograd;

import org.diffusionnft.tensor.Tensor;

/**
 * A table of vectors looked up by id.
 *
 * @param weight {@code [V, C]}
 */
public record Embedding(Variable weight) {
  /** I64 ids of any shape to {@code [ids.., C]}. */
  public Variable apply(Tensor ids) {
    return weight.embedding(ids);
  }
}
