package org.diffusionnft.autograd;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;
import org.diffusionnft.tensor.Tensor;

/**
 * One walk over recorded nodes in reverse. Every value's consumers come after it, so its gradient
 * is complete when its own node is reached, and its memory can go once that is done.
 */
final class Backward {
  private final Map<Variable, Tensor> pending = new IdentityHashMap<>();
  private final Map<Storage, Integer> uses = new IdentityHashMap<>();
  private final Set<Storage> kept;
  private final Gradients into;

  Backward(Set<Storage> kept, Gradients into) {
    this.kept = kept;
    this.into = into;
  }

  /** Starts with the gradient of the root, which stays the caller's. */
  void seed(Variable root, Tensor seed) {
    uses.merge(seed.storage(), 1, Integer::sum);
    contribute(root, seed);
  }

  void run(List<Node> nodes) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      switch (nodes.get(i)) {
        case Node.Applied node -> derive(node);
        case Node.Block block -> derive(block);
      }
    }
    nodes.clear();
  }

  private void derive(Node.Applied node) {
    Tensor gradient = pending.remove(node.output());
    if (gradient != null) {
      Contributions given = new Contributions(node.inputs());
      try (Memory.Scope scope = gradient.device().memory().scope()) {
        Derivatives.apply(node, gradient, given);
        for (int i = 0; i < node.inputs().size(); i++) {
          Tensor g = given.gradient(i);
          if (g != null) {
            scope.keep(g.storage());
          }
        }
      }
      for (int i = 0; i < node.inputs().size(); i++) {
        Tensor g = given.gradient(i);
        if (g != null) {
          contribute(node.inputs().get(i), g);
        }
      }
      consumed(gradient);
    }
    release(node.output(), node.inputs());
    node.saved().forEach(Tensor::release);
  }

  /**
   * Runs the block again, now recording, and walks over that as if it had been recorded at first.
   */
  private void derive(Node.Block block) {
    if (block.outputs().stream().anyMatch(o -> pending.containsKey(o.variable()))) {
      Memory memory = block.outputs().getFirst().variable().value().device().memory();
      try (Memory.Scope scope = memory.scope()) {
        Tape tape = new Tape();
        List<Variable> again = tape.record(() -> block.body().apply(block.inputs()));
        for (Node.Output output : block.outputs()) {
          Tensor gradient = pending.remove(output.variable());
          if (gradient != null) {
            pending.put(again.get(output.index()), gradient);
          }
        }
        run(tape.nodes());
        pending.values().forEach(t -> scope.keep(t.storage()));
      }
    }
    for (Node.Output output : block.outputs()) {
      release(output.variable(), block.inputs());
    }
  }

  private void contribute(Variable to, Tensor gradient) {
    uses.merge(gradient.storage(), 1, Integer::sum);
    if (to.isLeaf()) {
      into.add(to, gradient);
      consumed(gradient);
      return;
    }
    Tensor sum = pending.get(to);
    if (sum == null) {
      pending.put(to, gradient);
    } else if (uses.getOrDefault(sum.storage(), 0) == 1) {
      Elementwise.addInPlace(sum, gradient);
      consumed(gradient);
    } else {
      Tensor total = Elementwise.add(sum, gradient);
      uses.merge(total.storage(), 1, Integer::sum);
      pending.put(to, total);
      consumed(sum);
      consumed(gradient);
    }
  }

  /** One use of a gradient less; several may share memory, as both inputs of an addition do. */
  private void consumed(Tensor gradient) {
    Storage storage = gradient.storage();
    if (uses.merge(storage, -1, Integer::sum) == 0) {
      uses.remove(storage);
      gradient.release();
    }
  }

  private void release(Variable output, List<Variable> inputs) {
    Storage storage = output.value().storage();
    boolean view = false;
    for (Variable input : inputs) {
      view |= input.value().storage() == storage;
    }
    if (!view && !kept.contains(storage)) {
      output.value().release();
    }
    if (!kept.contains(storage)) {
      output.markReleased();
    }
  }
}
