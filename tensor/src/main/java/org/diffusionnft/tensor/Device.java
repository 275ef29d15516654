package org.diffusionnft.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Everything a backend implements: memory, copies in and out, and eight small families of kernels.
 *
 * <p>Kernels get operands whose shapes the callers ({@link Elementwise}, {@link Matrices}, ...)
 * have already checked, and write into outputs those callers have allocated. They may run later
 * than the call, in order; {@link #read} waits. Unless a kernel says otherwise, operands and
 * outputs are F32 and an output never overlaps an input.
 *
 * <p>One thread at a time drives a device, and {@link Memory} sees to it: threads that share one
 * open a scope around their work, and wait for each other.
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

  /** Copies all elements to host memory of exactly as many bytes, after all kernels before it. */
  void read(Tensor source, MemorySegment target);

  /** Copies host memory of exactly as many bytes into a tensor. */
  void write(MemorySegment source, Tensor target);

  /**
   * Checks, before many tensors are copied here, that they all fit into its memory.
   *
   * @param bytes of F32, BF16 and F16 tensors
   * @throws IllegalArgumentException that says how much memory is needed, where it is limited
   */
  default void requireRoom(Map<DType, Long> bytes) {}

  /** What was compiled, replayed, copied and left to the reference device so far. */
  default DeviceActivity activity() {
    return DeviceActivity.NONE;
  }

  /**
   * Ends a section of the work, such as a training step. A device that was opened with {@link
   * DeviceOptions#tellPlans} logs what it did in it.
   *
   * @param name asked for only where it is logged
   */
  default void section(Supplier<String> name) {}

  /**
   * Ends a part of the work that may come again with other numbers, such as a block of a model. A
   * device that sends calls together sends those of a part together.
   */
  default void part() {}

  /**
   * The kernels, in eight families, for whoever may use them now; see {@link Memory#requireTurn}.
   */
  Kernels kernels();

  private Kernels ready() {
    memory().requireTurn();
    return kernels();
  }

  /** Kernels that treat every element alike. */
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

  /** Updates in place: AdamW and interpolation. */
  default OptimizerKernels optimizer() {
    return ready().optimizer();
  }

  /** Frees all memory. */
  @Override
  void close();
}
