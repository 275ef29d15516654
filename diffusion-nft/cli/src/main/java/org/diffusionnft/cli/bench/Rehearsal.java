package org.diffusionnft.cli.bench;

import java.util.function.BiFunction;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Precision;

/**
 * Runs a small model repeatedly in a separate thread while a large one is being created, so that
 * the JVM has compiled the kernels before the first real call. Its results are discarded.
 */
public final class Rehearsal implements AutoCloseable {
  /** Large enough for its matrices to be tiled and packed like those of the large model. */
  private static final ModelSize SIZE = new ModelSize(2, 128, 1, 13, 10);

  private static final int RUNS = 12;

  private final Thread thread;
  private volatile boolean closed;

  private Rehearsal(BiFunction<Device, ModelSize, Workload> make) {
    Precision precision = Autocast.precision();
    thread = Thread.ofPlatform().daemon().name("rehearsal").start(() -> run(make, precision));
  }

  /**
   * Creates a workload and meanwhile runs a small version of it, if the device computes on the CPU
   * and there is a second processor for that.
   *
   * @param make creates a workload of a size on a device
   */
  public static Workload during(
      Device device, ModelSize size, BiFunction<Device, ModelSize, Workload> make) {
    if (!device.name().equals("vector") || Runtime.getRuntime().availableProcessors() == 1) {
      return make.apply(device, size);
    }
    try (var _ = new Rehearsal(make)) {
      return make.apply(device, size);
    }
  }

  private void run(BiFunction<Device, ModelSize, Workload> make, Precision precision) {
    Autocast.in(
        precision,
        () -> {
          run(make);
          return null;
        });
  }

  private void run(BiFunction<Device, ModelSize, Workload> make) {
    try (Device device = Devices.open("vector", new DeviceOptions(1));
        Workload workload = make.apply(device, SIZE)) {
      for (int i = 0; i < RUNS && !closed; i++) {
        workload.run();
      }
    }
  }

  /** Stops after the current run, and waits for it. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
