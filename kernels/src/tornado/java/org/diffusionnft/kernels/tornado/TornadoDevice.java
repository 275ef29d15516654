package org.diffusionnft.kernels.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.Supplier;
import org.diffusionnft.tensor.ComposedConvolutions;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceActivity;
import org.diffusionnft.tensor.Fallback;
import org.diffusionnft.tensor.Kernels;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * A TornadoVM device. F32, BF16 and F16 tensors are in its memory, and all arithmetic on them runs
 * there, in F32. Tensors of other types (ids, masks, F64) stay on the host, where the reference
 * device computes with them; {@link Fallback} counts how often.
 */
final class TornadoDevice implements Device {
  private final String name;
  private final Arena arena = Arena.ofShared();
  private final DeviceMemory deviceMemory;
  private final Memory memory;
  private final Plans plans;
  private final PlanLog log;
  private final Kernels kernels;

  /**
   * Opens a device.
   *
   * @param floats number of F32 elements its memory holds
   * @param halves number of BF16 or F16 elements in each of {@link Halves#ARRAYS} further arrays
   */
  TornadoDevice(
      String name,
      uk.ac.manchester.tornado.api.common.TornadoDevice device,
      int floats,
      int[] halves,
      PlanLog log) {
    this.name = name;
    this.log = log;
    Arguments arguments = new Arguments(arena, floats, halves);
    deviceMemory = new DeviceMemory(floats, halves);
    memory = new Memory(deviceMemory);
    deviceMemory.whenShort(memory::trim);
    plans = new Plans(device, arguments, log);
    plans.put(MemorySegment.ofArray(Halves.table()), 0);
    plans.put(MemorySegment.ofArray(Angles.table()), Halves.TABLE);
    OnHost onHost = new OnHost(this, log.fallback());
    Launcher launcher = new Launcher(this, plans, deviceMemory);
    kernels =
        new Kernels(
            new TornadoElementwise(launcher, onHost),
            new TornadoReductions(launcher, onHost),
            new TornadoMatrices(
                launcher,
                onHost,
                Math.max(1, device.getPhysicalDevice().getDeviceMaxComputeUnits()),
                device.getDeviceType() == TornadoDeviceType.CPU),
            new ComposedConvolutions(this, new TornadoConvolutions(onHost)),
            new TornadoAttention(launcher, onHost),
            new TornadoNorms(launcher, onHost),
            new TornadoLayout(launcher, onHost),
            new TornadoOptimizer(launcher, onHost));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public Tensor wrap(DType dtype, Shape shape, MemorySegment data) {
    Tensor copy = allocate(dtype, shape);
    write(data, copy);
    return copy;
  }

  @Override
  public void read(Tensor source, MemorySegment target) {
    memory.requireTurn();
    if (source.elements() == 0) {
      return;
    }
    TornadoStorage storage = storage(source);
    switch (source.dtype()) {
      case F32 -> plans.take(at(storage.floats(deviceMemory), source), target);
      case BF16, F16 -> {
        int at = at(storage.halves(deviceMemory), source);
        plans.takeHalves(storage.halvesArray(), at, target);
      }
      default -> target.copyFrom(hostSegment(source));
    }
  }

  @Override
  public void write(MemorySegment source, Tensor target) {
    memory.requireTurn();
    if (target.elements() == 0) {
      return;
    }
    TornadoStorage storage = storage(target);
    switch (target.dtype()) {
      case F32 -> plans.put(source, at(storage.floats(deviceMemory), target));
      case BF16, F16 -> {
        int at = at(storage.halves(deviceMemory), target);
        plans.putHalves(source, storage.halvesArray(), at);
      }
      default -> hostSegment(target).copyFrom(source);
    }
  }

  private static int at(int start, Tensor t) {
    return Math.toIntExact(start + t.offset());
  }

  private static TornadoStorage storage(Tensor t) {
    return (TornadoStorage) t.storage();
  }

  private static MemorySegment hostSegment(Tensor t) {
    return storage(t).host().asSlice(t.offset() * t.dtype().bytes(), t.bytes());
  }

  @Override
  public void requireRoom(Map<DType, Long> bytes) {
    deviceMemory.requireRoom(
        bytes.getOrDefault(DType.F32, 0L),
        bytes.getOrDefault(DType.BF16, 0L) + bytes.getOrDefault(DType.F16, 0L));
  }

  @Override
  public DeviceActivity activity() {
    plans.flush();
    return log.activity();
  }

  @Override
  public void section(Supplier<String> section) {
    plans.section();
    log.section(section);
  }

  @Override
  public void part() {
    plans.part();
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public void close() {
    // Waits for other threads' work.
    try (Memory.Scope _ = memory.scope()) {
      plans.flush();
      log.close();
      memory.close();
      plans.close();
      arena.close();
    }
  }
}
