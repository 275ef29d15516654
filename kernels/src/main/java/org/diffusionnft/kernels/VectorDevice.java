package org.diffusionnft.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.HostAllocator;
import org.diffusionnft.tensor.HostStorage;
import org.diffusionnft.tensor.Kernels;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * Uses all cores and the widest vectors of this machine. Arithmetic is F32; results do not depend
 * on the number of threads. Operands of types that the kernel interfaces do not name (F64,
 * integers) go to the reference device's plain loops, which are slow and meant for small tensors;
 * {@link Fallback} counts them.
 */
public final class VectorDevice implements Device {
  private final Memory memory = new Memory(new HostAllocator());
  private final boolean told;
  private final Consumer<String> log;
  private final Fallback fallback;
  private long fallbacksBefore;
  private final Workers workers;
  private final VectorMatrices matrices;
  private final VectorNorms norms;
  private final Kernels kernels;

  /** A device with its own threads, which live until it is closed. */
  public VectorDevice(DeviceOptions options) {
    workers = new Workers(options.threads());
    told = options.tellPlans();
    log = told ? line -> System.err.println("plans: " + line) : line -> {};
    fallback = new Fallback(log);
    Formats formats = Formats.get();
    matrices = new VectorMatrices(workers, formats, fallback);
    norms = new VectorNorms(workers, fallback);
    kernels =
        new Kernels(
            new VectorElementwise(workers, fallback),
            new VectorReductions(workers, fallback),
            matrices,
            new VectorConvolutions(workers, formats, fallback),
            new VectorAttention(workers, formats, fallback),
            norms,
            new VectorLayout(workers, fallback),
            new VectorOptimizer(workers, fallback));
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

  /** How often each operation was left to the reference device. */
  public Map<String, Long> fallbacks() {
    return fallback.counts();
  }

  @Override
  public DeviceActivity activity() {
    return new DeviceActivity(0, 0, 0, 0, 0, 0, 0, 0, fallback.total());
  }

  @Override
  public void section(Supplier<String> section) {
    if (told) {
      long now = fallback.total();
      long own = now - fallbacksBefore;
      log.accept(section.get() + ": " + own + " operations by the reference device");
      fallbacksBefore = now;
    }
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public void close() {
    // Waits for other threads' work: they share the workers and scratch memory closed below.
    try (Memory.Scope _ = memory.scope()) {
      free();
    }
  }

  private void free() {
    log.accept("in all: " + fallback.total() + " operations by the reference device");
    fallback
        .counts()
        .forEach((operation, times) -> log.accept(operation + ": " + times + " times"));
    fallback.close();
    workers.close();
    matrices.close();
    norms.close();
    memory.close();
  }
}
