package org.diffusionnft.models.adapter;

import java.util.Set;
import org.diffusionnft.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * How a model is run, apart from its inputs. Immutable, so one model can serve several policies.
 *
 * @param adapter added to the base weights, or null for the base model alone
 * @param checkpointing whether blocks free their intermediate values and recompute them in the
 *     backward pass: a third more time, a fraction of the memory
 * @param observer receives intermediate values, or null
 * @param skippedBlocks blocks that are skipped, as in skip-layer guidance
 */
public record ForwardPass(
    @Nullable Adapter adapter,
    boolean checkpointing,
    @Nullable Observer observer,
    Set<Integer> skippedBlocks) {
  /** The base model without an adapter. */
  public static final ForwardPass BASE = new ForwardPass(null, false, null, Set.of());

  /** Keeps a copy of the set. */
  public ForwardPass {
    skippedBlocks = Set.copyOf(skippedBlocks);
  }

  /** Receives intermediate values, which may be freed after the call. */
  @FunctionalInterface
  public interface Observer {
    /**
     * One value.
     *
     * @param name such as {@code temb} or {@code block.0.hidden_states}
     */
    void see(String name, Variable value);
  }

  /** With this adapter. */
  public static ForwardPass with(Adapter adapter) {
    return BASE.adapter(adapter);
  }

  /** The same with another adapter, or null for none. */
  public ForwardPass adapter(@Nullable Adapter other) {
    return new ForwardPass(other, checkpointing, observer, skippedBlocks);
  }

  /** The same with checkpointing on or off. */
  public ForwardPass checkpointing(boolean on) {
    return new ForwardPass(adapter, on, observer, skippedBlocks);
  }

  /** The same with an observer. */
  public ForwardPass observer(Observer other) {
    return new ForwardPass(adapter, checkpointing, other, skippedBlocks);
  }

  /** The same without some blocks. */
  public ForwardPass skipping(Set<Integer> blocks) {
    return new ForwardPass(adapter, checkpointing, observer, blocks);
  }

  public void show(String name, Variable value) {
    if (observer != null) {
      observer.see(name, value);
    }
  }
}
