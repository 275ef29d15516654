package org.diffusionnft.kernels.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Operations on types that kernels do not support: operands are copied to the host, the reference
 * device computes, and the results are copied back. Only for small tensors: ids, masks, F64, and
 * rounding weights to half precision when they are saved.
 */
record OnHost(Device device, Fallback fallback) {

  /** An operation on the host copies. */
  @FunctionalInterface
  interface Work {
    void run(Device reference, Copies copies);
  }

  /** The host copies of tensors. */
  static final class Copies {
    private final Device reference;
    private final Arena arena;
    private final Map<Tensor, Tensor> made = new IdentityHashMap<>();
    private final List<Tensor> outputs = new ArrayList<>();

    private Copies(Device reference, Arena arena) {
      this.reference = reference;
      this.arena = arena;
    }

    /** The copy of an operand. */
    Tensor in(Tensor t) {
      return made.computeIfAbsent(t, x -> reference.wrap(x.dtype(), x.shape(), x.toHost(arena)));
    }

    /** The copy of an output, including its contents; it is copied back afterwards. */
    Tensor out(Tensor t) {
      outputs.add(t);
      return in(t);
    }
  }

  /**
   * Runs an operation on the host.
   *
   * @param operation its name for messages
   * @param operands its tensors, including those that it writes
   */
  void run(String operation, Work work, @Nullable Tensor... operands) {
    Device reference = fallback.reference(operation, operands);
    try (Arena arena = Arena.ofConfined();
        Memory.Scope scope = reference.memory().scope()) {
      Copies copies = new Copies(reference, arena);
      work.run(reference, copies);
      for (Tensor t : copies.outputs) {
        MemorySegment values = copies.in(t).segment();
        device.write(values, t);
      }
    }
  }
}
