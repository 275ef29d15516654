package org.diffusionnft.kernels.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Tensor;

/**
 * Operations on types that kernels do not compute with: operands are copied to the host, the
 * reference device computes, and the results are copied back. Only for small tensors: ids, masks,
 * F64, and the rounding of weights to half precision when they are saved.
 */
final class OnHost implements AutoCloseable {
  private final Device device;
  private final PlanLog log;
  private final ReferenceDevice reference = new ReferenceDevice();

  OnHost(Device device, PlanLog log) {
    this.device = device;
    this.log = log;
  }

  /** An operation on the host's copies. */
  @FunctionalInterface
  interface Work {
    void run(Device reference, Copies copies);
  }

  /** The host's copies of tensors. */
  final class Copies {
    private final Arena arena;
    private final Map<Tensor, Tensor> made = new IdentityHashMap<>();
    private final List<Tensor> outputs = new ArrayList<>();

    private Copies(Arena arena) {
      this.arena = arena;
    }

    /** The copy of an operand. */
    Tensor in(Tensor t) {
      return made.computeIfAbsent(t, x -> reference.wrap(x.dtype(), x.shape(), x.toHost(arena)));
    }

    /** The copy of an output, with what it holds; it is copied back afterwards. */
    Tensor out(Tensor t) {
      outputs.add(t);
      return in(t);
    }
  }

  /** Runs an operation on the host. */
  void run(String operation, Work work) {
    log.onHost(operation);
    try (Arena arena = Arena.ofConfined();
        Memory.Scope scope = reference.memory().scope()) {
      Copies copies = new Copies(arena);
      work.run(reference, copies);
      for (Tensor t : copies.outputs) {
        MemorySegment values = copies.in(t).segment();
        device.write(values, t);
      }
    }
  }

  @Override
  public void close() {
    reference.close();
  }
}
