package org.diffusionnft.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Everything a backend implements: memory, copies to and from the host, and eight small families of
 * kernels.
 *
 * <p>Kernels receive operands whose shapes the callers ({@link Elementwise}, {@link Matrices}, ...)
 * have already checked, and write to outputs that the callers have allocated. They may run
 * asynchronously, but in order; {@link #read} waits for them. Unless a kernel says otherwise,
 * operands and outputs are F32 and an output never overlaps an input.
 *
 * <p>Only one thread at a time may drive a device; {@link Memory} enforces this. Threads that share
 * a device open a scope around their work and wait for each other.
 */
public interface Device extends AutoCloseable {

  /**
   * The name on the command line: {@code reference}, {@code vector}, {@code tornado:opencl:0:0}.
   */
  String name();

  /** The pool that tensors of this device come from. */
  Memory memory();

  /** Uninitialised memory for a tensor, owned by the innermost open scope. */
  default Tensor allocate(DType dtype, Shape shape) {
    return new Tensor(this, dtype, shape, memory().take(shape.elements() * dtype.bytes()), 0);
  }

  /**
   * A tensor over memory that the caller owns, such as a mapped file. Devices that compute in this
   * process read it in place; the others copy it. The memory must stay valid and unchanged.
   */
  Tensor wrap(DType dtype, Shape shape, MemorySegment data);

  /** Copies all elements to host memory of exactly the same size, after all earlier kernels. */
  void read(Tensor source, MemorySegment target);

  /** Copies host memory of exactly the same size into a tensor. */
  void write(MemorySegment source, Tensor target);

  /**
   * Checks, before many tensors are copied to this device, that they all fit into its memory.
   *
   * @param bytes their total size by type: F32, BF16 and F16
   * @throws IllegalArgumentException if they don't fit; the message says how much memory is needed
   */
  default void requireRoom(Map<DType, Long> bytes) {}

  /** What has been compiled, replayed, copied and left to the reference device so far. */
  default DeviceActivity activity() {
    return DeviceActivity.NONE;
  }

  /**
   * Ends a section of the work, such as a training step. A device opened with {@link
   * DeviceOptions#tellPlans} logs what it did in that section.
   *
   * @param name evaluated only if it is logged
   */
  default void section(Supplier<String> name) {}

  /**
   * Ends a part of the work that may be repeated with other data, such as a block of a model. A
   * device that batches kernel calls sends the calls of a part together.
   */
  default void part() {}

  /**
   * The kernels, in eight families, for the thread that may use them now; see {@link
   * Memory#requireTurn}.
   */
  Kernels kernels();

  private Kernels ready() {
    memory().requireTurn();
    return kernels();
  }

  /** Elementwise kernels. */
  default ElementwiseKernels elementwise() {
    return ready().elementwise();
  }

  /** Sums and maxima along axes. */
  default ReductionKernels reductions() {
    return ready().reductions();
  }

  /** Matrix products. */
  default MatrixKernels matrices() {
    return ready().matrices();
  }

  /** Convolutions of pictures. */
  default ConvolutionKernels convolutions() {
    return ready().convolutions();
  }

  /** Attention without a stored score matrix. */
  default AttentionKernels attention() {
    return ready().attention();
  }

  /** Layer norm, RMS norm, softmax. */
  default NormKernels norms() {
    return ready().norms();
  }

  /** Kernels that only move elements. */
  default LayoutKernels layout() {
    return ready().layout();
  }

  /** In-place updates: AdamW and interpolation. */
  default OptimizerKernels optimizer() {
    return ready().optimizer();
  }

  /** Frees all memory. */
  @Override
  void close();
}
