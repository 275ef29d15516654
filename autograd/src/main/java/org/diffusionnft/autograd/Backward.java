package org.diffusionnft.autograd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One walk over recorded nodes in reverse. A value's consumers come after it, so its gradient is
 * complete when its own node is reached, and its memory can be freed after that.
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

  /** Starts with the gradient of the root; its memory remains the caller's. */
  void seed(Variable root, Tensor seed) {
    uses.merge(seed.storage(), 1, Integer::sum);
    contribute(root, seed);
  }

  void run(List<Node> nodes) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node.outputs().stream().anyMatch(pending::containsKey)) {
        switch (node) {
          case Node.Applied applied -> differentiate(applied);
          case Node.Split split -> differentiate(split);
          case Node.Block block -> differentiate(block);
        }
      }
      release(node);
    }
    nodes.clear();
  }

  private void differentiate(Node.Applied node) {
    Tensor gradient = Objects.requireNonNull(pending.remove(node.output()));
    Contributions given = new Contributions(node.inputs());
    try (Memory.Scope scope = gradient.device().memory().scope()) {
      node.backward(gradient, given);
      given.each((_, g) -> scope.keep(g.storage()));
    }
    given.each(this::contribute);
    consumed(gradient);
  }

  private void differentiate(Node.Split node) {
    List<@Nullable Tensor> gradients = new ArrayList<>();
    node.outputs().forEach(v -> gradients.add(pending.remove(v)));
    Tensor whole;
    try (Memory.Scope scope = node.input().device().memory().scope()) {
      whole = node.join(gradients);
      scope.keep(whole.storage());
    }
    contribute(node.input(), whole);
    for (Tensor gradient : gradients) {
      if (gradient != null) {
        consumed(gradient);
      }
    }
  }

  /**
   * Runs the block again while recording, and walks over those operations as if they had been
   * recorded the first time.
   */
  private void differentiate(Node.Block block) {
    Device device = block.outputs().getFirst().device();
    device.part();
    try (Memory.Scope scope = device.memory().scope()) {
      Tape tape = new Tape();
      List<Variable> again = tape.record(() -> block.body().apply(block.inputs()));
      block
          .results()
          .forEach(
              (index, output) -> {
                Tensor gradient = pending.remove(output);
                if (gradient != null) {
                  pending.put(again.get(index), gradient);
                }
              });
      run(tape.nodes());
      pending.values().forEach(t -> scope.keep(t.storage()));
    }
    device.part();
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

  /**
   * Ends one use of a gradient; gradients may share memory, such as those of an addition's inputs.
   */
  private void consumed(Tensor gradient) {
    Storage storage = gradient.storage();
    if (uses.merge(storage, -1, Integer::sum) == 0) {
      uses.remove(storage);
      gradient.release();
    }
  }

  /** Returns the memory of a node's outputs: every derivative that reads it is done by now. */
  private void release(Node node) {
    List<Variable> inputs =
        switch (node) {
          case Node.Applied applied -> {
            applied.saved().forEach(Tensor::release);
            yield applied.inputs();
          }
          case Node.Split split -> List.of(split.input());
          case Node.Block block -> block.inputs();
        };
    for (Variable output : node.outputs()) {
      Storage storage = output.tensor().storage();
      if (!output.isReleased() && !kept.contains(storage)) {
        boolean view = false;
        for (Variable input : inputs) {
          view |= !input.isReleased() && input.tensor().storage() == storage;
        }
        if (!view) {
          output.tensor().release();
        }
        output.markReleased();
      }
    }
  }
}
