package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Precision;

/**
 * Activation checkpointing (Chen et al., arXiv 1604.06174): a block's intermediate values are freed
 * and recomputed in the backward pass. Gradients are bitwise the same, because the backward pass
 * visits the block's operations in the same order.
 */
public final class Checkpoint {
  private Checkpoint() {}

  /** A block: it must compute the same results from the same inputs every time. */
  @FunctionalInterface
  public interface Body {
    /** The block's outputs. */
    List<Variable> apply(List<Variable> inputs);
  }

  /** {@link #apply(List, Body)} for one input and one output. */
  public static Variable apply(Variable input, UnaryOperator<Variable> body) {
    return apply(List.of(input), in -> List.of(body.apply(in.getFirst()))).getFirst();
  }

  /**
   * Runs a block and frees everything but its outputs. Without an active tape it does nothing else.
   *
   * @param inputs every computed value that the block reads; the block may capture parameters and
   *     other values that stay in memory anyway
   */
  public static List<Variable> apply(List<Variable> inputs, Body body) {
    Memory memory = inputs.getFirst().value().device().memory();
    Optional<Tape> active = Tape.active();
    try (Memory.Scope scope = memory.scope()) {
      if (active.isEmpty()) {
        List<Variable> results = body.apply(inputs);
        results.forEach(v -> scope.keep(v.value().storage()));
        return results;
      }
      Tape tracer = new Tape(false);
      List<Variable> traced = tracer.record(() -> body.apply(inputs));
      Map<Variable, Variable> derived = new IdentityHashMap<>();
      List<Variable> results = new ArrayList<>();
      SortedMap<Integer, Variable> outputs = new TreeMap<>();
      for (int i = 0; i < traced.size(); i++) {
        Variable v = traced.get(i);
        scope.keep(v.value().storage());
        if (!v.isRecordedBy(tracer)) {
          results.add(v); // a constant, or an input passed through
        } else if (derived.containsKey(v)) {
          results.add(derived.get(v));
        } else {
          Variable result = Variable.recorded(v.value(), active.get());
          derived.put(v, result);
          results.add(result);
          outputs.put(i, result);
        }
      }
      if (!outputs.isEmpty()) {
        Precision precision = Autocast.precision();
        Body again = in -> Autocast.in(precision, () -> body.apply(in));
        active.get().add(new Node.Block(again, List.copyOf(inputs), outputs));
      }
      return results;
    }
  }
}
