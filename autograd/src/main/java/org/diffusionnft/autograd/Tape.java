package org.diffusionnft.autograd;

import java.lang.ScopedValue.CallableOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Storage;
import org.diffusionnft.tensor.Tensor;

/**
 * Records operations, and differentiates them in reverse order, once.
 *
 * <p>A tape is active only inside {@link #record}, for the thread that runs it. Without one nothing
 * is recorded, and the same model code runs as plain inference. An operation is not recorded if
 * none of its inputs requires a gradient, so frozen parameters cost no backward work.
 *
 * <pre>{@code
 * try (var scope = device.memory().scope()) {
 *   Tape tape = new Tape();
 *   Variable loss = tape.record(() -> model.loss(batch));
 *   tape.backward(loss, gradients);
 * }
 * }</pre>
 *
 * <p>The backward pass returns the memory of every recorded value to the pool as soon as nothing
 * needs it. After it, only leaves, the root and {@linkplain #keep kept} values may be read. Views
 * of a recorded value count as that value.
 */
public final class Tape {
  private static final ScopedValue<Optional<Tape>> ACTIVE = ScopedValue.newInstance();

  private final List<Node> nodes = new ArrayList<>();
  private final Set<Storage> kept = Collections.newSetFromMap(new IdentityHashMap<>());
  private final boolean storesNodes;
  private boolean spent;

  /** An empty tape. */
  public Tape() {
    this(true);
  }

  /**
   * If {@code storesNodes} is false, the tape only tracks which results require a gradient, for the
   * first run of a checkpointed block.
   */
  Tape(boolean storesNodes) {
    this.storesNodes = storesNodes;
  }

  /** The active tape of this thread, if any. */
  static Optional<Tape> active() {
    return ACTIVE.orElse(Optional.empty());
  }

  /** Whether a tape is active on this thread. */
  public static boolean isRecording() {
    return active().isPresent();
  }

  /**
   * Runs {@code body} and records its operations. May be called more than once before {@link
   * #backward}.
   */
  public <T, X extends Throwable> T record(CallableOp<? extends T, X> body) throws X {
    return ScopedValue.where(ACTIVE, Optional.of(this)).<T, X>call(body);
  }

  /**
   * Runs {@code body} with no active tape, for a part of the loss that is treated as a constant.
   */
  public static <T, X extends Throwable> T paused(CallableOp<? extends T, X> body) throws X {
    return ScopedValue.where(ACTIVE, Optional.<Tape>empty()).<T, X>call(body);
  }

  /** Number of operations recorded and not yet differentiated. */
  public int size() {
    return nodes.size();
  }

  /** Keeps the memory of a recorded value past {@link #backward}, until its scope ends. */
  public Variable keep(Variable value) {
    kept.add(value.value().storage());
    return value;
  }

  /**
   * Adds the gradients of {@code loss}, a single element, with respect to every parameter it
   * depends on.
   *
   * @throws IllegalArgumentException if {@code loss} has more than one element
   * @throws IllegalStateException if the loss depends on no parameter, or the tape was used before
   */
  public void backward(Variable loss, Gradients into) {
    Tensor value = loss.value();
    if (value.elements() != 1) {
      throw new IllegalArgumentException(
          "the loss has shape " + loss.shape() + ": reduce it to one element or give a seed");
    }
    try (Memory.Scope _ = value.device().memory().scope()) {
      backward(loss, Tensor.full(value.device(), value.dtype(), value.shape(), 1), into);
    }
  }

  /**
   * Adds the gradients of {@code sum(root * seed)} with respect to every parameter that {@code
   * root} depends on, and clears the tape.
   *
   * @param seed has as many elements as {@code root}
   * @throws IllegalStateException if the root depends on no parameter, or the tape was used before
   */
  public void backward(Variable root, Tensor seed, Gradients into) {
    if (spent) {
      throw new IllegalStateException("a tape runs backward once: record on a new one");
    }
    if (!root.requiresGrad()) {
      throw new IllegalStateException(
          "the root of shape " + root.shape() + " depends on no parameter, or was not recorded");
    }
    keep(root);
    Backward backward = new Backward(kept, into);
    backward.seed(root, seed.reshape(root.shape()));
    spent = true;
    backward.run(nodes);
  }

  /** The nodes, for the backward pass. */
  List<Node> nodes() {
    return nodes;
  }

  void add(Node node) {
    if (spent) {
      throw new IllegalStateException("a tape records nothing after its backward pass");
    }
    if (storesNodes) {
      nodes.add(node);
    }
  }

  /**
   * Moves what the backward pass reads, of the nodes since {@code firstNode}, out of a scope that
   * is about to end; other recorded values are freed with the scope.
   */
  void keepNeeded(int firstNode, Memory.Scope scope) {
    List<Node> recorded = nodes.subList(firstNode, nodes.size());
    for (Node node : recorded) {
      switch (node) {
        case Node.Applied applied -> {
          for (int i = 0; i < applied.inputs().size(); i++) {
            if (applied.reads(i)) {
              scope.keep(applied.inputs().get(i).tensor().storage());
            }
          }
          if (applied.op().reads().output()) {
            scope.keep(applied.output().tensor().storage());
          }
          applied.saved().forEach(t -> scope.keep(t.storage()));
        }
        case Node.Split _ -> {}
        case Node.Block(_, var inputs, _) -> inputs.forEach(v -> scope.keep(v.tensor().storage()));
      }
    }
    for (Node node : recorded) {
      for (Variable output : node.outputs()) {
        if (scope.owns(output.tensor().storage())) {
          output.markReleased();
        }
      }
    }
  }
}
