package org.diffusionnft.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The oracle: every kernel as plain loops over {@code double}s, rounded once when stored. Slow,
 * single-threaded and obviously correct; the only device that also computes in F64. It defines what
 * each kernel means; every other device is tested against it.
 */
public final class ReferenceDevice implements Device {
  private final Memory memory = new Memory(new HostAllocator());
  private final Kernels kernels =
      new Kernels(
          new ReferenceElementwise(),
          new ReferenceReductions(),
          new ReferenceMatrices(),
          new ReferenceConvolutions(),
          new ReferenceAttention(),
          new ReferenceNorms(),
          new ReferenceLayout(),
          new ReferenceOptimizer());

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public Tensor wrap(DType dtype, Shape shape, MemorySegment data) {
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
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public void close() {
    memory.close();
  }

  /** All elements, widened. */
  static double[] load(Tensor t) {
    MemorySegment s = t.segment();
    double[] values = new double[Math.toIntExact(t.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Tensor.element(s, t.dtype(), i);
    }
    return values;
  }

  /** Stores all elements, rounding each once. */
  static void store(Tensor t, double[] values) {
    MemorySegment s = t.segment();
    for (int i = 0; i < values.length; i++) {
      Tensor.setElement(s, t.dtype(), i, values[i]);
    }
  }
}
