package org.diffusionnft.kernels;

import java.lang.foreign.MemorySegment;
import org.diffusionnft.tensor.AttentionKernels;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.ElementwiseKernels;
import org.diffusionnft.tensor.HostAllocator;
import org.diffusionnft.tensor.HostStorage;
import org.diffusionnft.tensor.LayoutKernels;
import org.diffusionnft.tensor.MatrixKernels;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.NormKernels;
import org.diffusionnft.tensor.OptimizerKernels;
import org.diffusionnft.tensor.ReductionKernels;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * All cores and the widest vectors of this machine. Arithmetic is F32; results do not depend on the
 * number of threads. Operands of other types than the kernel interfaces name (F64, integers) go to
 * the reference device's plain loops, which are slow and meant for small tensors.
 */
public final class VectorDevice implements Device {
  private final Memory memory = new Memory(new HostAllocator());
  private final Workers workers;
  private final ElementwiseKernels elementwise;
  private final ReductionKernels reductions;
  private final VectorMatrices matrices;
  private final AttentionKernels attention;
  private final VectorNorms norms;
  private final LayoutKernels layout;
  private final OptimizerKernels optimizer;

  /** A device with threads of its own, which live until it is closed. */
  public VectorDevice(DeviceOptions options) {
    workers = new Workers(options.threads());
    ReferenceDevice reference = new ReferenceDevice();
    elementwise = new VectorElementwise(workers, reference.elementwise());
    reductions = new VectorReductions(workers, reference.reductions());
    matrices = new VectorMatrices(workers, reference.matrices());
    attention = new VectorAttention(workers, reference.attention());
    norms = new VectorNorms(workers, reference.norms());
    layout = new VectorLayout(workers, reference.layout());
    optimizer = new VectorOptimizer(workers, reference.optimizer());
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public Tensor wrap(DType dtype, Shape shape, MemorySegment data) {
    if (!data.isNative()) {
      Tensor copy = allocate(dtype, shape);
      write(data, copy);
      return copy;
    }
    return new Tensor(this, dtype, shape, new HostStorage(data), 0);
  }

  @Override
  public void read(Tensor source, MemorySegment target) {
    target.copyFrom(source.segment());
  }

  @Override
  public void write(MemorySegment source, Tensor target) {
    target.segment().copyFrom(source);
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public ReductionKernels reductions() {
    return reductions;
  }

  @Override
  public MatrixKernels matrices() {
    return matrices;
  }

  @Override
  public AttentionKernels attention() {
    return attention;
  }

  @Override
  public NormKernels norms() {
    return norms;
  }

  @Override
  public LayoutKernels layout() {
    return layout;
  }

  @Override
  public OptimizerKernels optimizer() {
    return optimizer;
  }

  @Override
  public void close() {
    workers.close();
    matrices.close();
    norms.close();
    memory.close();
  }
}
