package org.diffusionnft.cli.bench;

import java.util.function.BiFunction;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Precision;

/**
 * Runs a small model again and again on a thread of its own while a large one is made, so that the
 * JVM has compiled the kernels by the first real call. What it computes is thrown away.
 */
public final class Rehearsal implements AutoCloseable {
  /** Wide enough that matrices are cut and packed as those of the large model are. */
  private static final ModelSize SIZE = new ModelSize(2, 128, 1, 13, 10);

  private static final int RUNS = 12;

  private final Thread thread;
  private volatile boolean closed;

  private Rehearsal(BiFunction<Device, ModelSize, Workload> make) {
    Precision precision = Autocast.precision();
    thread = Thread.ofPlatform().daemon().name("rehearsal").start(() -> run(make, precision));
  }

  /**
   * Makes a workload, and meanwhile runs the same one in small if the device is the processor's and
   * there is another one to do that.
   *
   * @param make a workload on a device
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

  /** Ends after the run that it is in, and waits for that. */
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
